import WebSocketProtocol

/// What sessions with one server lived through: the counter-examples of timers.
///
/// A timer of the path that a session asked for would have ended it earlier. Silences are compared with those after
/// bytes of the same end: a timer that waits for an answer does not run while the other end is to speak.
struct Survivors: Sendable {
    /// The most paths that are followed; what further ones lived through is not known.
    static let limit = 64

    /// The longest times, in nanoseconds, that a session lived through.
    struct Times: Sendable {
        /// Without a byte of a frame, after bytes of each end.
        var silences: InlineArray<2, Int64> = [0, 0]
        /// Without a data message.
        var messageSilence: Int64 = 0
        /// Since the accepted upgrade.
        var lifetime: Int64 = 0
        /// Without a byte of each end, whatever the other one sent.
        var ownSilences: InlineArray<2, Int64> = [0, 0]

        /// The longer ones of two.
        func joined(_ other: Times) -> Times {
            Times(
                silences: [max(silences[0], other.silences[0]), max(silences[1], other.silences[1])],
                messageSilence: max(messageSilence, other.messageSilence), lifetime: max(lifetime, other.lifetime),
                ownSilences: [
                    max(ownSilences[0], other.ownSilences[0]), max(ownSilences[1], other.ownSilences[1]),
                ])
        }
    }

    /// What sessions lived through that ended after about the same silence.
    private struct Kind {
        var end: End
        var times: Times
    }

    /// The silences that a session ended after, in nanoseconds; 0 if they are too short for a timer, or the capture
    /// ended first.
    struct End: Hashable, Sendable {
        var silence: Int64 = 0
        var messageSilence: Int64 = 0

        /// Whether two are nearly the same.
        func isLike(_ other: End) -> Bool {
            Self.areAlike(silence, other.silence) && Self.areAlike(messageSilence, other.messageSilence)
        }

        static func areAlike(_ one: Int64, _ other: Int64) -> Bool {
            one == other || min(one, other) > 0 && TimeClusters.isTight(min(one, other)...max(one, other))
        }
    }

    /// The most kinds of ends that are followed for a path.
    private static let kindLimit = 8
    /// Of all paths together.
    private var ofAnyPath: [Kind] = []
    private var byPath: [UInt64: [Kind]] = [:]

    /// What a path takes in the dictionary, which grows by copying, and with the memory of its kinds.
    private static let pathCost = 128
    /// What a kind takes, with room for one more.
    private static let kindCost = 2 &* MemoryLayout<Kind>.stride

    /// Takes what a session lived through.
    ///
    /// - Parameters:
    ///   - times: The longest times.
    ///   - end: What it ended after.
    ///   - path: Stands for host and path; 0 if they are not known.
    ///   - room: The bytes that are left.
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

    /// Adds what another shard has seen.
    mutating func add(_ other: Survivors, room: inout Int) {
        for kind in other.ofAnyPath { Self.record(kind.times, before: kind.end, in: &ofAnyPath, &room) }
        for (path, kinds) in other.byPath {
            for kind in kinds { record(kind.times, before: kind.end, path: path, room: &room) }
        }
    }

    /// A group of times without the sessions whose path has a counter-example.
    ///
    /// That is another session of it that lived through clearly more, and does not end like the group itself. Sessions
    /// that all went through longer silences before, and end after the same one, show a timer that something else than
    /// silence starts.
    ///
    /// Of more paths than a group lists, any path's counts.
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

/// How many of the sessions of a group have which path, and which end that spoke last.
struct PathCounts: Sendable {
    struct Sessions: Sendable {
        var path: UInt64
        var lastSpeaker: Role
        var count: UInt64
    }

    private static let limit = 8
    /// What the sessions of a path take, with room for one more.
    private static let sessionsCost = 2 &* MemoryLayout<Sessions>.stride

    /// The bytes that it takes, the first path's left out.
    var cost: Int { max(0, counts.count &- 1) &* Self.sessionsCost }

    private(set) var counts: [Sessions] = []
    /// Those of further paths, by who spoke last.
    private(set) var others: InlineArray<2, UInt64> = [0, 0]

    /// Counts sessions of a path: apart from others while there is room.
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

    /// Adds those of another group.
    mutating func add(_ other: PathCounts, room: inout Int) {
        for sessions in other.counts { count(sessions.path, sessions.lastSpeaker, sessions.count, room: &room) }
        for index in 0..<2 { others[index] &+= other.others[index] }
    }
}
