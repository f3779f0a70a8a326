import Histogram

/// Ping/Pong round trips of a session: all of them while they are few, a histogram with two significant digits then.
struct RoundTripRecord {
    private var few: [Int64] = []
    private var many: Histogram<UInt32>?
    private var count: UInt64 = 0
    private var minimum = Int64.max
    private var maximum = Int64.min

    private static let fewLimit = 64

    /// Adds a round trip in nanoseconds.
    mutating func record(_ roundTrip: Int64) {
        count &+= 1
        minimum = min(minimum, roundTrip)
        maximum = max(maximum, roundTrip)
        guard few.count == RoundTripRecord.fewLimit else {
            few.append(roundTrip)
            return
        }
        var histogram =
            many.take()
            ?? few.reduce(into: Histogram(numberOfSignificantValueDigits: .two)) {
                $0.record(UInt64(clamping: $1))
            }
        histogram.record(UInt64(clamping: roundTrip))
        many = histogram
    }

    /// What they come to; nil when there were none.
    var roundTrips: SessionEnd.RoundTrips? {
        guard count > 0 else { return nil }
        return SessionEnd.RoundTrips(
            count: count, min: minimum, p50: percentile(50), p90: percentile(90), p99: percentile(99), max: maximum)
    }

    /// The smallest round trip that so many per cent do not exceed.
    private func percentile(_ percent: Int) -> Int64 {
        if let many { return min(Int64(clamping: many.valueAtPercentile(Double(percent))), maximum) }
        let sorted = few.sorted()
        return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
}
