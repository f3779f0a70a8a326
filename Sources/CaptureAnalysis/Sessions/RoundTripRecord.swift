import Histogram

/// The Ping/Pong round trips of a session: each one while there are few, then a histogram with two significant digits.
///
/// An object, so that sessions without any take no room for it.
final class RoundTripRecord {
    private var few: [Int64] = []
    private var many: Histogram<UInt32>?
    private var count: UInt64 = 0
    private var minimum = Int64.max
    private var maximum = Int64.min

    private static let fewLimit = 64
    /// The histogram's resolution in nanoseconds.
    private static let resolution: UInt64 = 1000
    /// The longest time that is counted exactly, in nanoseconds: a day.
    ///
    /// Longer ones count as a day, except in the maximum. This fixes the histogram's size: growing it costs far more
    /// than counting.
    private static let longest: UInt64 = 86_400_000_000_000

    private static func clamped(_ duration: Int64) -> UInt64 { min(UInt64(clamping: duration), longest) }

    /// The memory that a histogram takes, in bytes.
    private static let histogramCost = 16 << 10

    /// Whether there is a histogram.
    var hasHistogram: Bool { many != nil }

    /// The memory that the record takes, in bytes.
    private(set) var cost = 160

    /// Adds a duration in nanoseconds.
    ///
    /// - Parameters:
    ///   - duration: The duration.
    ///   - mayGrow: Whether a histogram may be created; if not, percentiles are those of the first durations.
    /// - Returns: Whether that took memory.
    func record(_ duration: Int64, mayGrow: Bool = true) -> Bool {
        count &+= 1
        minimum = min(minimum, duration)
        maximum = max(maximum, duration)
        guard many == nil else {
            many?.record(RoundTripRecord.clamped(duration))
            return false
        }
        guard few.count < RoundTripRecord.fewLimit || mayGrow else { return false }
        few.append(duration)
        guard few.count > RoundTripRecord.fewLimit else {
            // The array's capacity doubles here.
            guard few.count & (few.count &- 1) == 0 else { return false }
            cost = 160 &+ few.count &* 2 &* MemoryLayout<Int64>.stride
            return true
        }
        var histogram = Histogram<UInt32>(
            lowestDiscernibleValue: RoundTripRecord.resolution, highestTrackableValue: RoundTripRecord.longest,
            numberOfSignificantValueDigits: .two)
        for one in few { histogram.record(RoundTripRecord.clamped(one)) }
        many = histogram
        few = []
        cost = 160 &+ Self.histogramCost
        return true
    }

    /// The statistics of the round trips; nil if there were none.
    var durations: SessionEnd.Durations? {
        guard count > 0 else { return nil }
        return SessionEnd.Durations(
            count: count, min: minimum, p50: percentile(50), p90: percentile(90), p99: percentile(99), max: maximum)
    }

    /// The smallest duration that this percentage does not exceed.
    private func percentile(_ percent: Int) -> Int64 {
        if let many { return min(Int64(clamping: many.valueAtPercentile(Double(percent))), maximum) }
        let sorted = few.sorted()
        return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
}
