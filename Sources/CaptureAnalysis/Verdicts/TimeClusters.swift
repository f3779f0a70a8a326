import WebSocketProtocol

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
    }

    /// The most groups that are followed; beyond, a new one takes the place of the smallest, the oldest of equals.
    static let limit = 32
    /// How far the times of a group may lie apart: the longest by this.
    static let tolerance: Int64 = 50

    private(set) var clusters: [Cluster] = []
    /// The times in groups that others took the place of.
    private(set) var forgotten: UInt64 = 0

    /// Counts a time of a session with this path (``Survivors``).
    mutating func count(
        _ time: Int64, isSilentThroughout: Bool, isSteady: Bool = false, isOneSided: Bool = false, path: UInt64 = 0,
        lastSpeaker: Role = .client
    ) {
        let index = clusters.firstIndex { TimeClusters.isTight(TimeClusters.joined($0.range, time)) } ?? begin(time)
        clusters[index].range = TimeClusters.joined(clusters[index].range, time)
        clusters[index].count &+= 1
        clusters[index].paths.count(path, lastSpeaker)
        if isSilentThroughout { clusters[index].silentThroughout &+= 1 }
        if isSteady { clusters[index].steady &+= 1 }
        if isOneSided { clusters[index].oneSided &+= 1 }
    }

    /// Adds the times of other groups: each group goes into one that is close enough to hold all of it.
    mutating func add(_ other: TimeClusters) {
        forgotten &+= other.forgotten
        for cluster in other.clusters {
            let range = cluster.range
            let index =
                clusters.firstIndex {
                    TimeClusters.isTight(
                        min($0.range.lowerBound, range.lowerBound)...max($0.range.upperBound, range.upperBound))
                } ?? begin(range.lowerBound)
            clusters[index].range = TimeClusters.joined(
                TimeClusters.joined(clusters[index].range, range.lowerBound), range.upperBound)
            clusters[index].count &+= cluster.count
            clusters[index].paths.add(cluster.paths)
            clusters[index].silentThroughout &+= cluster.silentThroughout
            clusters[index].steady &+= cluster.steady
            clusters[index].oneSided &+= cluster.oneSided
        }
    }

    /// Whether two times are nearly the same.
    static func isTight(_ range: ClosedRange<Int64>) -> Bool {
        range.upperBound &- range.lowerBound <= range.upperBound / tolerance
    }

    private mutating func begin(_ time: Int64) -> Int {
        if clusters.count >= TimeClusters.limit,
            let smallest = clusters.indices.min(by: { clusters[$0].count < clusters[$1].count })
        {
            forgotten &+= clusters.remove(at: smallest).count
        }
        clusters.append(Cluster(range: time...time))
        return clusters.count &- 1
    }

    private static func joined(_ range: ClosedRange<Int64>, _ time: Int64) -> ClosedRange<Int64> {
        min(range.lowerBound, time)...max(range.upperBound, time)
    }
}
