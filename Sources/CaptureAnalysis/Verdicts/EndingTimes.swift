import PacketDecoding
import WebSocketProtocol

/// How long sessions with a server had been silent, and had lived, when they ended in a given manner.
struct EndingTimes: Sendable {
    /// The party that ended sessions, and the layer.
    struct Manner: Hashable, Sendable {
        var by: SessionEnd.Verdict.Party
        var layer: SessionEnd.Verdict.Layer
    }

    /// The manner in which they ended.
    let manner: Manner
    /// The number of sessions that ended in this manner.
    private var count: UInt64 = 0
    private var silences = TimeClusters()
    private var messageSilences = TimeClusters()
    private var lifetimes = TimeClusters()
    /// Times since the last byte of each end, by ``Role/index``.
    private var ownSilences: InlineArray<2, TimeClusters> = [TimeClusters(), TimeClusters()]

    /// Starts without sessions.
    init(_ manner: Manner) {
        self.manner = manner
    }

    /// The number of times dropped because too many differ.
    var forgotten: UInt64 {
        silences.forgotten &+ messageSilences.forgotten &+ lifetimes.forgotten &+ ownSilences[0].forgotten
            &+ ownSilences[1].forgotten
    }

    /// Records the times of a session.
    ///
    /// - Parameters:
    ///   - silence: Nanoseconds since the last byte of both ends.
    ///   - messageSilence: Nanoseconds since the last data message; nil if there was none.
    ///   - sample: What else is known of it.
    ///   - room: The bytes of memory that are left.
    mutating func record(
        silence: Int64, messageSilence: Int64?, _ sample: EndingPatterns.Sample, room: inout Int
    ) {
        let shortest = EndingPatterns.shortest
        count &+= 1
        let isSilent = sample.lifetime.map { $0 >= silence && TimeClusters.isTight(silence...$0) } ?? false
        let traits: TimeClusters.Traits = isSilent ? .silentThroughout : []
        if silence >= shortest {
            silences.count(silence, sample.isSteady ? traits.union(.steady) : traits, of: sample, room: &room)
        }
        for role in 0..<2 where sample.ownSilences[role] >= shortest {
            let own = sample.ownSilences[role]
            let isOneSided = silence < own && !TimeClusters.isTight(silence...own)
            ownSilences[role].count(own, isOneSided ? .oneSided : [], of: sample, room: &room)
        }
        if let messageSilence, messageSilence >= shortest {
            messageSilences.count(messageSilence, of: sample, room: &room)
        }
        if let lifetime = sample.lifetime, lifetime >= shortest {
            lifetimes.count(lifetime, traits, of: sample, room: &room)
        }
    }

    /// Adds the times of other sessions that ended in the same manner.
    mutating func add(_ other: EndingTimes, room: inout Int) {
        count &+= other.count
        silences.add(other.silences, room: &room)
        messageSilences.add(other.messageSilences, room: &room)
        lifetimes.add(other.lifetimes, room: &room)
        for role in 0..<2 { ownSilences[role].add(other.ownSilences[role], room: &room) }
    }

    /// The timer that explains the times; nil if none does.
    ///
    /// - Parameters:
    ///   - server: The server of all these sessions.
    ///   - ended: The number of sessions with it that ended in any manner.
    ///   - survivors: The times that sessions with it survived.
    /// - Returns: What the sessions have in common, and in how many of them.
    func pattern(with server: IPAddress, ended: UInt64, survivors: Survivors) -> EndingPattern? {
        func largest(
            _ times: TimeClusters, _ time: (Survivors.Times, Role) -> Int64, _ own: (Survivors.End) -> Int64
        ) -> TimeClusters.Cluster? {
            let found = times.clusters.map { survivors.confirmed($0, time, own) }.max { $0.count < $1.count }
            return found.flatMap { $0.count >= EndingPatterns.fewest && $0.count &* 2 >= count ? $0 : nil }
        }
        var silence = largest(silences, { $0.silences[$1.index] }, { $0.silence })
        var lifetime = largest(lifetimes, { times, _ in times.lifetime }, { _ in 0 })
        var silentEnd: Role?
        for role in Role.allCases {
            let own = largest(ownSilences[role.index], { times, _ in times.ownSilences[role.index] }, { _ in 0 })
            guard let own, own.oneSided >= EndingPatterns.fewest, own.count > lifetime?.count ?? 0 else { continue }
            // If the other end sends at regular intervals, the silences after its last bytes are alike too.
            guard
                own.count > silence?.count ?? 0
                    || silence.map({ $0.steady == $0.count && own.count == $0.count }) == true
            else { continue }
            (silence, lifetime, silentEnd) = (own, nil, role)
        }
        let isSilentThroughout = Self.choose(between: &silence, and: &lifetime)
        // Heartbeats break a silence, but do not reset a timer that watches messages.
        let messages =
            silence == nil && lifetime == nil
            ? largest(messageSilences, { times, _ in times.messageSilence }, { $0.messageSilence }) : nil
        let found = [silence, lifetime, messages].compactMap(\.self)
        guard let sessions = found.map(\.count).min() else { return nil }
        return EndingPattern(
            server: server, by: manner.by, layer: manner.layer, sessions: sessions, ended: ended,
            silence: silence?.range, messageSilence: messages?.range, lifetime: lifetime?.range,
            isSilentThroughout: isSilentThroughout, silentEnd: silentEnd, isAtOnce: found.contains { $0.isAtOnce })
    }

    /// Keeps only the silence or only the lifetime that sessions have in common, if one explains their ends better.
    ///
    /// - Returns: Whether the two are the same, since none of the sessions ever had a frame.
    private static func choose(
        between silence: inout TimeClusters.Cluster?, and lifetime: inout TimeClusters.Cluster?
    ) -> Bool {
        guard let silent = silence, let living = lifetime else { return false }
        // In a session without frames, silence and lifetime are the same: the other sessions show which of the two
        // counts.
        switch (silent.count > silent.silentThroughout, living.count > living.silentThroughout) {
        case (true, false): lifetime = nil
        case (false, true): silence = nil
        case (false, false): return !leaveCloser(of: &silence, &lifetime)
        // What fewer of them have in common is a coincidence.
        case (true, true) where silent.count > living.count: lifetime = nil
        case (true, true) where silent.count < living.count: silence = nil
        // All of them had survived silences as long as the last one.
        case (true, true) where silent.steady == silent.count: silence = nil
        case (true, true): _ = leaveCloser(of: &silence, &lifetime)
        }
        return false
    }

    /// Keeps the one of two groups whose times agree far better, if there is one: those are a timer's.
    ///
    /// - Returns: Whether only one was kept.
    private static func leaveCloser(
        of one: inout TimeClusters.Cluster?, _ other: inout TimeClusters.Cluster?
    ) -> Bool {
        func spread(_ cluster: TimeClusters.Cluster?) -> Int64 {
            cluster.map { $0.range.upperBound &- $0.range.lowerBound } ?? 0
        }
        let spreads = (spread(one), spread(other))
        guard max(spreads.0, spreads.1) >= notableSpread else { return false }
        if spreads.0 <= spreads.1 / 10 {
            other = nil
        } else if spreads.1 <= spreads.0 / 10 {
            one = nil
        } else {
            return false
        }
        return true
    }

    /// The spread of times, in nanoseconds, from which it matters that others are closer together.
    private static let notableSpread: Int64 = 250_000_000
}
