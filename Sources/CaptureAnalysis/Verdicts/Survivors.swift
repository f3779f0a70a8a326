import WebSocketProtocol

/// The times that sessions with a server survived, which are counter-examples of timers.
///
/// A timer of the path that a session requested would have ended it earlier. Silences are compared with those after
/// bytes of the same end: a timer that waits for an answer does not run while the other end is due to send.
struct Survivors: Sendable {
    /// The most paths to follow; what sessions on further paths survived is unknown.
    static let limit = 64

    /// The longest times that a session survived, in nanoseconds.
    struct Times: Sendable {
        /// Without a byte of a frame, after bytes of each end.
        var silences: InlineArray<2, Int64> = [0, 0]
        /// Without a data message.
        var messageSilence: Int64 = 0
        /// Since the accepted upgrade.
        var lifetime: Int64 = 0
        /// Without a byte of each end, whatever the other end sent.
        var ownSilences: InlineArray<2, Int64> = [0, 0]

        /// The longer of each pair of times.
        func joined(_ other: Times) -> Times {
            Times(
                silences: [max(silences[0], other.silences[0]), max(silences[1], other.silences[1])],
                messageSilence: max(messageSilence, other.messageSilence), lifetime: max(lifetime, other.lifetime),
                ownSilences: [
                    max(ownSilences[0], other.ownSilences[0]), max(ownSilences[1], other.ownSilences[1]),
                ])
        }
    }

    /// The times that sessions survived which ended after about the same silence.
    private struct Kind {
        var end: End
        var times: Times
    }

    /// The silences after which a session ended, in nanoseconds; 0 if too short for a timer, or if the capture ended
    /// first.
    struct End: Hashable, Sendable {
        var silence: Int64 = 0
        var messageSilence: Int64 = 0

        /// Whether two ends are nearly the same.
        func isLike(_ other: End) -> Bool {
            Self.areAlike(silence, other.silence) && Self.areAlike(messageSilence, other.messageSilence)
        }

        static func areAlike(_ one: Int64, _ other: Int64) -> Bool {
            one == other || min(one, other) > 0 && TimeClusters.isTight(min(one, other)...max(one, other))
        }
    }

    /// The most kinds of ends to follow for a path.
    private static let kindLimit = 8
    /// The kinds of all paths together.
    private var ofAnyPath: [Kind] = []
    private var byPath: [UInt64: [Kind]] = [:]

    /// The memory of a path in bytes: in the dictionary, which grows by copying, and for the array of its kinds.
    private static let pathCost = 128
    /// The memory of a kind, with room for one more, in bytes.
    private static let kindCost = 2 &* MemoryLayout<Kind>.stride

    /// Records the times that a session survived.
    ///
    /// - Parameters:
    ///   - times: The longest times.
    ///   - end: The silences after which it ended.
    ///   - path: The digest of host and path; 0 if unknown.
    ///   - room: The bytes of memory that are left.
    mutating func record(_ times: Times, before end: End, path: UInt64, room: inout Int) {
        Self.record(times, before: end, in: &ofAnyPath, &room)
        if byPath[path] == nil {
            guard byPath.count < Self.limit, room >= Self.pathCost else { return }
            room &-= Self.pathCost
        }
        Self.record(times, before: end, in: &byPath[path, default: []], &room)
    }

    private static func record(_ times: Times, before end: End, in kinds: inout [Kind], _ room: inout Int) {
        if let index = kinds.firstIndex(where: { $0.end.isLike(end) }) {
            kinds[index].times = kinds[index].times.joined(times)
        } else if kinds.count < kindLimit, room >= kindCost {
            room &-= kindCost
            kinds.append(Kind(end: end, times: times))
        }
    }

    /// Adds the records of another shard.
    mutating func add(_ other: Survivors, room: inout Int) {
        for kind in other.ofAnyPath { Self.record(kind.times, before: kind.end, in: &ofAnyPath, &room) }
        for (path, kinds) in other.byPath {
            for kind in kinds { record(kind.times, before: kind.end, path: path, room: &room) }
        }
    }

    /// A group of times without the sessions whose path has a counter-example.
    ///
    /// A counter-example is another session on the path that survived clearly longer and does not end like the group
    /// itself. Sessions that all survived longer silences and then end after the same one show a timer that is started
    /// by something other than silence.
    ///
    /// If there are more paths than a group lists, those of any path count.
    func confirmed(
        _ group: TimeClusters.Cluster, _ time: (Times, Role) -> Int64, _ own: (End) -> Int64
    ) -> TimeClusters.Cluster {
        var rest = group
        let upper = group.range.upperBound
        func isRefuted(_ kinds: [Kind], _ speaker: Role) -> Bool {
            kinds.contains { kind in
                let survived = time(kind.times, speaker)
                return survived > upper && !TimeClusters.isTight(upper...survived)
                    && !End.areAlike(own(kind.end), upper)
            }
        }
        for sessions in group.paths.counts
        where isRefuted(byPath[sessions.path] ?? [], sessions.lastSpeaker) {
            rest.count &-= sessions.count
        }
        for role in Role.allCases where group.paths.others[role.index] > 0 && isRefuted(ofAnyPath, role) {
            rest.count &-= group.paths.others[role.index]
        }
        rest.silentThroughout = min(rest.silentThroughout, rest.count)
        rest.steady = min(rest.steady, rest.count)
        rest.oneSided = min(rest.oneSided, rest.count)
        return rest
    }
}

/// The numbers of a group's sessions by path, and by the end that sent last.
struct PathCounts: Sendable {
    struct Sessions: Sendable {
        var path: UInt64
        var lastSpeaker: Role
        var count: UInt64
    }

    private static let limit = 8
    /// The memory of a path's sessions, with room for one more, in bytes.
    private static let sessionsCost = 2 &* MemoryLayout<Sessions>.stride

    /// The memory that it takes, without the first path's, in bytes.
    var cost: Int { max(0, counts.count &- 1) &* Self.sessionsCost }

    private(set) var counts: [Sessions] = []
    /// The numbers of sessions on further paths, by the end that sent last.
    private(set) var others: InlineArray<2, UInt64> = [0, 0]

    /// Counts sessions of a path: separately while there is room.
    mutating func count(_ path: UInt64, _ lastSpeaker: Role, _ sessions: UInt64 = 1, room: inout Int) {
        if let index = counts.firstIndex(where: { $0.path == path && $0.lastSpeaker == lastSpeaker }) {
            counts[index].count &+= sessions
        } else if counts.isEmpty || counts.count < Self.limit && room >= Self.sessionsCost {
            if !counts.isEmpty { room &-= Self.sessionsCost }
            counts.append(Sessions(path: path, lastSpeaker: lastSpeaker, count: sessions))
        } else {
            others[lastSpeaker.index] &+= sessions
        }
    }

    /// Adds the numbers of another group.
    mutating func add(_ other: PathCounts, room: inout Int) {
        for sessions in other.counts { count(sessions.path, sessions.lastSpeaker, sessions.count, room: &room) }
        for index in 0..<2 { others[index] &+= other.others[index] }
    }
}
