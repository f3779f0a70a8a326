import Histogram

/// Ping/Pong round trips of a session: all of them while they are few, a histogram with two significant digits then.
///
/// It is an object, so that sessions without any take no room for it.
final class RoundTripRecord {
    private var few: [Int64] = []
    private var many: Histogram<UInt32>?
    private var count: UInt64 = 0
    private var minimum = Int64.max
    private var maximum = Int64.min

    private static let fewLimit = 64
    /// Nanoseconds that a histogram tells apart at best.
    private static let resolution: UInt64 = 1000
    /// Nanoseconds that it counts at most, a day: longer ones count as that, but for the longest.
    ///
    /// Its size is fixed, as to make it larger costs far more than to count.
    private static let longest: UInt64 = 86_400_000_000_000

    private static func clamped(_ duration: Int64) -> UInt64 { min(UInt64(clamping: duration), longest) }

    /// Adds a duration in nanoseconds.
    func record(_ duration: Int64) {
        count &+= 1
        minimum = min(minimum, duration)
        maximum = max(maximum, duration)
        guard many == nil else {
            many?.record(RoundTripRecord.clamped(duration))
            return
        }
        few.append(duration)
        guard few.count > RoundTripRecord.fewLimit else { return }
        var histogram = Histogram<UInt32>(
            lowestDiscernibleValue: RoundTripRecord.resolution, highestTrackableValue: RoundTripRecord.longest,
            numberOfSignificantValueDigits: .two)
        for one in few { histogram.record(RoundTripRecord.clamped(one)) }
        many = histogram
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
