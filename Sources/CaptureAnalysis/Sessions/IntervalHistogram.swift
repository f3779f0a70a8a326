import BasicContainers

/// Time intervals, counted in buckets an eighth of an octave wide: percentiles are at most an eighth, or 1.024 µs, too
/// high.
///
/// It takes about 1.2 KB from the eighth interval on.
struct IntervalHistogram: ~Copyable {
    private var counts = UniqueArray<UInt32>()
    private var count: UInt64 = 0
    private var minimum = Int64.max
    private var maximum = Int64.min
    /// The buckets of the latest intervals, which are not counted yet: the counts are seldom cached, so eight intervals
    /// are added at a time.
    private var latest = InlineArray<8, UInt16>(repeating: 0)
    private var latestCount = 0

    /// The unit is 2^10 ns, so that conversion is a shift.
    private static let unitBits: UInt64 = 10
    /// Longer intervals, of more than 2^48 ns (78 hours), count in the last bucket.
    private static let buckets = 288

    /// The memory that it takes besides its own value, in bytes.
    var cost: Int { counts.count &* MemoryLayout<UInt32>.stride }

    /// Counts an interval in nanoseconds; a negative one, from time that runs backwards, counts as 0.
    ///
    /// - Returns: Whether that took memory.
    @discardableResult
    mutating func record(_ interval: Int64) -> Bool {
        let interval = max(0, interval)
        count &+= 1
        minimum = min(minimum, interval)
        maximum = max(maximum, interval)
        latest[latestCount] = UInt16(truncatingIfNeeded: Self.bucket(of: interval))
        latestCount &+= 1
        return latestCount == latest.count && countLatest()
    }

    @inline(never)
    private mutating func countLatest() -> Bool {
        let isFirst = counts.isEmpty
        if isFirst { counts = UniqueArray(repeating: 0, count: Self.buckets) }
        for index in 0..<latestCount { counts[Int(latest[index])] &+= 1 }
        latestCount = 0
        return isFirst
    }

    /// The statistics of the intervals; nil if there were none.
    var durations: SessionEnd.Durations? {
        mutating get {
            guard count > 0 else { return nil }
            _ = countLatest()
            return SessionEnd.Durations(
                count: count, min: minimum, p50: percentile(50), p90: percentile(90), p99: percentile(99), max: maximum)
        }
    }

    /// The upper end of the bucket with the smallest interval that this percentage does not exceed.
    private func percentile(_ percent: UInt64) -> Int64 {
        let rank = (count * percent + 99) / 100
        var seen: UInt64 = 0
        for bucket in Self.bucket(of: minimum)..<counts.count {
            seen += UInt64(counts[bucket])
            if seen >= rank { return max(minimum, min(Self.lastInterval(of: bucket), maximum)) }
        }
        return maximum
    }

    /// Returns the bucket of an interval: eight buckets below 2^13 ns, then eight for each doubling.
    @inline(__always)
    private static func bucket(of interval: Int64) -> Int {
        let units = UInt64(interval) &>> unitBits
        guard units >= 8 else { return Int(units) }
        let octave = 61 &- units.leadingZeroBitCount
        return min(octave &* 8 &+ Int(units &>> UInt64(octave &- 1) & 7), buckets &- 1)
    }

    /// The longest interval that counts in a bucket.
    private static func lastInterval(of bucket: Int) -> Int64 {
        let next = bucket + 1
        guard next > 8 else { return Int64(next) << Int64(unitBits) - 1 }
        guard next < buckets else { return .max }
        return Int64(8 + next % 8) << (Int64(next / 8 - 1) + Int64(unitBits)) - 1
    }
}
