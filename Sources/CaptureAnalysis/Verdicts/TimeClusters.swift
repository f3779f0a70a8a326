/// Groups of lengths of time that are nearly the same, found one after the other in bounded memory.
///
/// A group takes a time as long as its longest and its shortest then differ by at most 2 % of the longest. Times that
/// close, with none else near them, come into one group in whatever order.
struct TimeClusters: Sendable {
    /// Times that are nearly the same, in nanoseconds.
    struct Cluster: Sendable {
        var range: ClosedRange<Int64>
        var count: UInt64 = 0
        /// How many of them are of sessions in which nothing was ever said.
        var silentThroughout: UInt64 = 0
        /// How many lived through as long a silence before.
        var steady: UInt64 = 0
        /// In how many of them the other end went on speaking.
        var oneSided: UInt64 = 0
        /// The paths of the sessions.
        var paths = PathCounts()
        /// When the first and the last of them ended, in nanoseconds since 1970; nil if that is not known of all.
        var ends: ClosedRange<Int64>?

        /// Whether the sessions ended at one moment, as far as the times can tell: a single event explains such times
        /// as well as a timer does.
        var isAtOnce: Bool {
            ends.map { $0.upperBound &- $0.lowerBound <= range.upperBound &- range.lowerBound } ?? false
        }
    }

    /// What is known of a time beside its length.
    struct Traits: OptionSet {
        let rawValue: UInt8

        /// Nothing was ever said in the session.
        static let silentThroughout = Traits(rawValue: 1)
        /// The session lived through as long a silence before.
        static let steady = Traits(rawValue: 2)
        /// The other end went on meanwhile.
        static let oneSided = Traits(rawValue: 4)
    }

    /// The most groups that are followed; beyond, a new one takes the place of the smallest, the oldest of equals.
    static let limit = 32
    /// How far the times of a group may lie apart: the longest by this.
    static let tolerance: Int64 = 50

    private(set) var clusters: [Cluster] = []
    /// The times in groups that others took the place of.
    private(set) var forgotten: UInt64 = 0

    /// What a group takes, with room for one more, and the memory of its paths.
    private static let cost = 2 &* MemoryLayout<Cluster>.stride &+ 48

    /// Counts a time.
    ///
    /// - Parameters:
    ///   - time: The time, in nanoseconds.
    ///   - traits: What is known of it.
    ///   - sample: The session that it is of.
    ///   - room: The bytes that are left.
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

    /// Adds the times of other groups: each group goes into one that is close enough to hold all of it.
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

    /// Begins a group, in the place of another one where there is no room; nil if there is none.
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
    /// Takes when further sessions ended; before they are counted.
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
