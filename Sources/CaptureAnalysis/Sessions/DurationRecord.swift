import Histogram

/// Durations of one kind in a session: all of them while they are few, a histogram then.
///
/// It is an object, so that sessions without any take no room for it.
final class DurationRecord {
    private var few: [Int64] = []
    private var many: Histogram<UInt32>?
    private var count: UInt64 = 0
    private var minimum = Int64.max
    private var maximum = Int64.min
    private let precision: Precision

    private static let fewLimit = 64

    /// What percentiles are good for, once there are more than 64 durations.
    enum Precision {
        /// One significant digit, in about 2 KB.
        case oneDigit
        /// Two significant digits, in about 15 KB.
        case twoDigits
    }

    /// Makes an empty record.
    init(_ precision: Precision) {
        self.precision = precision
    }

    /// Adds a duration in nanoseconds.
    func record(_ duration: Int64) {
        count &+= 1
        minimum = min(minimum, duration)
        maximum = max(maximum, duration)
        guard many == nil else {
            many?.record(UInt64(clamping: duration))
            return
        }
        few.append(duration)
        guard few.count > DurationRecord.fewLimit else { return }
        let digits: SignificantDigits = precision == .oneDigit ? .one : .two
        many = few.reduce(into: Histogram(numberOfSignificantValueDigits: digits)) {
            $0.record(UInt64(clamping: $1))
        }
        few = []
    }

    /// What they come to; nil when there were none.
    var durations: SessionEnd.Durations? {
        guard count > 0 else { return nil }
        return SessionEnd.Durations(
            count: count, min: minimum, p50: percentile(50), p90: percentile(90), p99: percentile(99), max: maximum)
    }

    /// The smallest duration that so many per cent do not exceed.
    private func percentile(_ percent: Int) -> Int64 {
        if let many { return min(Int64(clamping: many.valueAtPercentile(Double(percent))), maximum) }
        let sorted = few.sorted()
        return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
}
