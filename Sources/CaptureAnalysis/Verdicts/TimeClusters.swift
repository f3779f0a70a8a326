/// Groups of times that are nearly the same, found one by one in bounded memory.
///
/// A group accepts a time if its longest and shortest time then differ by at most 2 % of the longest. Times that close,
/// with no others near them, form one group in whatever order they come.
struct TimeClusters: Sendable {
    /// Times that are nearly the same, in nanoseconds.
    struct Cluster: Sendable {
        var range: ClosedRange<Int64>
        var count: UInt64 = 0
        /// The number of times from sessions that never had a frame.
        var silentThroughout: UInt64 = 0
        /// The number of times from sessions that had survived as long a silence before.
        var steady: UInt64 = 0
        /// The number of times during which the other end kept sending.
        var oneSided: UInt64 = 0
        /// The paths of the sessions.
        var paths = PathCounts()
        /// When the first and the last session ended, in nanoseconds since 1970; nil if that is unknown for any of
        /// them.
        var ends: ClosedRange<Int64>?

        /// Whether the sessions ended at the same moment, as far as the times show: a single event explains such times
        /// as well as a timer.
        var isAtOnce: Bool {
            ends.map { $0.upperBound &- $0.lowerBound <= range.upperBound &- range.lowerBound } ?? false
        }
    }

    /// What is known of a time besides its length.
    struct Traits: OptionSet {
        let rawValue: UInt8

        /// The session never had a frame.
        static let silentThroughout = Traits(rawValue: 1)
        /// The session had survived as long a silence before.
        static let steady = Traits(rawValue: 2)
        /// The other end kept sending meanwhile.
        static let oneSided = Traits(rawValue: 4)
    }

    /// The most groups to follow; beyond this, a new group replaces the smallest, and the oldest among equals.
    static let limit = 32
    /// The times of a group may differ by the longest time divided by this.
    static let tolerance: Int64 = 50

    private(set) var clusters: [Cluster] = []
    /// The number of times in groups that were replaced.
    private(set) var forgotten: UInt64 = 0

    /// The memory of a group in bytes, with room for one more, and that of its paths.
    private static let cost = 2 &* MemoryLayout<Cluster>.stride &+ 48

    /// Counts a time.
    ///
    /// - Parameters:
    ///   - time: The time, in nanoseconds.
    ///   - traits: What is known of it.
    ///   - sample: The session that it comes from.
    ///   - room: The bytes of memory that are left.
    mutating func count(_ time: Int64, _ traits: Traits = [], of sample: EndingPatterns.Sample, room: inout Int) {
        let known = clusters.firstIndex { TimeClusters.isTight(TimeClusters.joined($0.range, time)) }
        guard let index = known ?? begin(time, &room) else {
            forgotten &+= 1
            return
        }
        clusters[index].range = TimeClusters.joined(clusters[index].range, time)
        clusters[index].takeEnds(sample.endTime.map { $0...$0 })
        clusters[index].count &+= 1
        clusters[index].paths.count(sample.path, sample.lastSpeaker, room: &room)
        if traits.contains(.silentThroughout) { clusters[index].silentThroughout &+= 1 }
        if traits.contains(.steady) { clusters[index].steady &+= 1 }
        if traits.contains(.oneSided) { clusters[index].oneSided &+= 1 }
    }

    /// Adds the times of other groups: each group is added to one that is close enough to hold all of it.
    mutating func add(_ other: TimeClusters, room: inout Int) {
        forgotten &+= other.forgotten
        for cluster in other.clusters {
            let range = cluster.range
            let known = clusters.firstIndex {
                TimeClusters.isTight(
                    min($0.range.lowerBound, range.lowerBound)...max($0.range.upperBound, range.upperBound))
            }
            guard let index = known ?? begin(range.lowerBound, &room) else {
                forgotten &+= cluster.count
                continue
            }
            clusters[index].range = TimeClusters.joined(
                TimeClusters.joined(clusters[index].range, range.lowerBound), range.upperBound)
            clusters[index].takeEnds(cluster.ends)
            clusters[index].count &+= cluster.count
            clusters[index].paths.add(cluster.paths, room: &room)
            clusters[index].silentThroughout &+= cluster.silentThroughout
            clusters[index].steady &+= cluster.steady
            clusters[index].oneSided &+= cluster.oneSided
        }
    }

    /// Whether two times are nearly the same.
    static func isTight(_ range: ClosedRange<Int64>) -> Bool {
        range.upperBound &- range.lowerBound <= range.upperBound / tolerance
    }

    /// Begins a group, in place of another if there is no room; nil if there is neither.
    private mutating func begin(_ time: Int64, _ room: inout Int) -> Int? {
        if clusters.count >= TimeClusters.limit || room < Self.cost {
            guard let smallest = clusters.indices.min(by: { clusters[$0].count < clusters[$1].count }) else {
                return nil
            }
            let cluster = clusters.remove(at: smallest)
            forgotten &+= cluster.count
            room &+= cluster.paths.cost
        } else {
            room &-= Self.cost
        }
        clusters.append(Cluster(range: time...time))
        return clusters.count &- 1
    }

    fileprivate static func joined(_ range: ClosedRange<Int64>, _ time: Int64) -> ClosedRange<Int64> {
        min(range.lowerBound, time)...max(range.upperBound, time)
    }
}

extension TimeClusters.Cluster {
    /// Adds the times at which further sessions ended, before those are counted.
    fileprivate mutating func takeEnds(_ others: ClosedRange<Int64>?) {
        guard count > 0 else {
            ends = others
            return
        }
        guard let known = ends, let others else {
            ends = nil
            return
        }
        ends = TimeClusters.joined(TimeClusters.joined(known, others.lowerBound), others.upperBound)
    }
}
