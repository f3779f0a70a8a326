public import PacketDecoding
public import WebSocketProtocol

/// Finds sessions that end alike: idle timers and fixed lifetimes of servers, clients and what stands between them.
///
/// Sessions of one server that the same party ended at the same layer are compared by the silence before their end, by
/// the time since their last data message, by the time since the last byte of each end, and by their lifetime
/// (`TimeClusters` says when two are the same). It is a
/// pattern where at least three of them, and at least half, agree. Times below a second are too short for a timer, and a
/// session that outlived the capture is not counted. Sessions whose path has a counter-example (``Survivors``) do not count
/// either.
struct EndingPatterns: Sendable {
    /// The most servers that are followed; sessions with others are left out.
    static let serverLimit = 256
    /// The fewest sessions of a pattern.
    static let fewest: UInt64 = 3
    /// The shortest time, in nanoseconds, that may be a timer's.
    static let shortest: Int64 = 1_000_000_000

    /// The bytes that are left.
    private var room: Int

    /// The memory for the sessions of a capture.
    static let usualRoom = 4 << 20

    /// Creates an empty comparison.
    ///
    /// - Parameter room: How many bytes it may take. Beyond that, further servers, paths and times are left out.
    init(room: Int = usualRoom) {
        self.room = room
    }

    private struct Manner: Hashable {
        var by: SessionEnd.Verdict.Party
        var layer: SessionEnd.Verdict.Layer
    }

    private struct Endings {
        var manner: Manner
        var count: UInt64 = 0
        var silences = TimeClusters()
        var messageSilences = TimeClusters()
        var lifetimes = TimeClusters()
        /// Since the last byte of each end, by ``Role/index``.
        var ownSilences: InlineArray<2, TimeClusters> = [TimeClusters(), TimeClusters()]

        /// The times that were forgotten.
        var forgotten: UInt64 {
            silences.forgotten &+ messageSilences.forgotten &+ lifetimes.forgotten &+ ownSilences[0].forgotten
                &+ ownSilences[1].forgotten
        }
    }

    private struct Server {
        var address: IPAddress
        var ended: UInt64 = 0
        var endings: [Endings] = []
        var survivors = Survivors()

        /// Where the endings of a manner stand, or are to be added; by index, so that none is copied.
        func place(of manner: Manner) -> Int {
            endings.indices.first { endings[$0].manner == manner } ?? endings.count
        }
    }

    /// Sessions with other servers, which are left out.
    private(set) var uncomparedSessions: UInt64 = 0
    private var servers: [Server] = []
    private var indexByAddress: [IPAddress: Int] = [:]

    /// What the end of a session is compared by, beside its verdict.
    ///
    /// A class: it keeps the event of the end within the sizes that allocators have at hand.
    final class Sample: Sendable {
        /// Its server.
        let server: IPAddress
        /// When it ended, in nanoseconds since 1970; nil if that is not known.
        let endTime: Int64?
        /// Nanoseconds from the accepted upgrade to the end; nil if that was not seen.
        let lifetime: Int64?
        /// Nanoseconds from the last byte of each end to the end; 0 if that is not known.
        let ownSilences: InlineArray<2, Int64>
        /// Whether it lived through silences like that before its end.
        let isSteady: Bool
        /// What it lived through.
        let survived: Survivors.Times
        /// A digest of host and path; 0 if they are not known.
        let path: UInt64
        /// Who sent the last bytes before the silence at the end.
        let lastSpeaker: Role

        init(
            server: IPAddress, endTime: Int64? = nil, lifetime: Int64? = nil,
            ownSilences: InlineArray<2, Int64> = [0, 0],
            isSteady: Bool = false, survived: Survivors.Times = Survivors.Times(), path: UInt64 = 0,
            lastSpeaker: Role = .client
        ) {
            self.server = server
            self.endTime = endTime
            self.lifetime = lifetime
            self.ownSilences = ownSilences
            self.isSteady = isSteady
            self.survived = survived
            self.path = path
            self.lastSpeaker = lastSpeaker
        }
    }

    /// Takes the end of a session: how it ended, and what it is compared by.
    mutating func record(_ verdict: SessionEnd.Verdict, _ sample: Sample) {
        record(
            Manner(by: verdict.by, layer: verdict.layer), silence: verdict.silence ?? 0,
            messageSilence: verdict.messageSilence, sample)
    }

    /// Takes the end of a TLS connection that was not decrypted.
    mutating func record(_ connection: EncryptedConnection, endTime: Int64) {
        record(
            Manner(by: connection.by, layer: connection.layer), silence: connection.silence ?? 0, messageSilence: nil,
            Sample(
                server: connection.server.address, endTime: endTime,
                lifetime: connection.opensInCapture ? connection.duration : nil))
    }

    private mutating func record(_ manner: Manner, silence: Int64, messageSilence: Int64?, _ sample: Sample) {
        let index = index(of: sample.server)
        if let index {
            var end = Survivors.End()
            if manner.layer != .captureEnd {
                end.silence = silence >= Self.shortest ? silence : 0
                end.messageSilence = messageSilence.map { $0 >= Self.shortest ? $0 : 0 } ?? 0
            }
            servers[index].survivors.record(sample.survived, before: end, path: sample.path, room: &room)
        }
        guard manner.layer != .captureEnd else { return }
        guard let index else {
            uncomparedSessions &+= 1
            return
        }
        let lifetime = sample.lifetime
        servers[index].ended &+= 1
        let place = servers[index].place(of: manner)
        if place == servers[index].endings.count { append(Endings(manner: manner), to: index) }
        servers[index].endings[place].count &+= 1
        let isSilent = lifetime.map { $0 >= silence && TimeClusters.isTight(silence...$0) } ?? false
        if silence >= Self.shortest {
            servers[index].endings[place].silences.count(
                silence, isSilentThroughout: isSilent, isSteady: sample.isSteady, path: sample.path,
                lastSpeaker: sample.lastSpeaker, end: sample.endTime, room: &room)
        }
        for role in 0..<2 where sample.ownSilences[role] >= Self.shortest {
            let own = sample.ownSilences[role]
            servers[index].endings[place].ownSilences[role].count(
                own, isSilentThroughout: false, isOneSided: silence < own && !TimeClusters.isTight(silence...own),
                path: sample.path, lastSpeaker: sample.lastSpeaker, end: sample.endTime, room: &room)
        }
        if let messages = messageSilence, messages >= Self.shortest {
            servers[index].endings[place].messageSilences.count(
                messages, isSilentThroughout: false, path: sample.path, lastSpeaker: sample.lastSpeaker,
                end: sample.endTime, room: &room)
        }
        if let lifetime, lifetime >= Self.shortest {
            servers[index].endings[place].lifetimes.count(
                lifetime, isSilentThroughout: isSilent, path: sample.path, lastSpeaker: sample.lastSpeaker,
                end: sample.endTime, room: &room)
        }
    }

    /// Adds a way of ending to a server: there are few, so they are counted, but never refused.
    private mutating func append(_ endings: Endings, to index: Int) {
        room &-= 2 &* MemoryLayout<Endings>.stride
        servers[index].endings.append(endings)
    }

    /// Adds what another shard has found; ends of further servers are only counted.
    mutating func add(_ other: EndingPatterns) {
        uncomparedSessions &+= other.uncomparedSessions
        for server in other.servers {
            guard let index = index(of: server.address) else {
                uncomparedSessions &+= server.ended
                continue
            }
            servers[index].ended &+= server.ended
            servers[index].survivors.add(server.survivors, room: &room)
            for endings in server.endings {
                let place = servers[index].place(of: endings.manner)
                if place == servers[index].endings.count { append(Endings(manner: endings.manner), to: index) }
                servers[index].endings[place].count &+= endings.count
                servers[index].endings[place].silences.add(endings.silences, room: &room)
                servers[index].endings[place].messageSilences.add(endings.messageSilences, room: &room)
                servers[index].endings[place].lifetimes.add(endings.lifetimes, room: &room)
                for role in 0..<2 {
                    servers[index].endings[place].ownSilences[role].add(
                        endings.ownSilences[role], room: &room)
                }
            }
        }
    }

    /// What was found, the most frequent first.
    var patterns: [EndingPattern] {
        let found = servers.flatMap { server in
            server.endings.compactMap { Self.pattern(in: $0, of: server) }
        }
        return found.enumerated().sorted { left, right in
            (right.element.sessions, left.offset) < (left.element.sessions, right.offset)
        }.map(\.element)
    }

    /// The silences and lifetimes that were forgotten, since too many differ.
    var forgottenTimes: UInt64 {
        servers.reduce(0) { sum, server in
            server.endings.reduce(sum) { $0 &+ $1.forgotten }
        }
    }

    /// What a server takes, with room for one more and its place in the table.
    private static let serverCost = 2 &* MemoryLayout<Server>.stride &+ 256

    private mutating func index(of address: IPAddress) -> Int? {
        if let index = indexByAddress[address] { return index }
        guard servers.count < Self.serverLimit, room >= Self.serverCost else { return nil }
        room &-= Self.serverCost
        servers.append(Server(address: address))
        indexByAddress[address] = servers.count - 1
        return servers.count - 1
    }

    /// Leaves the one of two groups of times that agree far better than the others, if one does: they are the timer's.
    ///
    /// - Returns: Whether one is left.
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

    /// How far apart times must lie, in nanoseconds, for it to matter that others lie closer.
    private static let notableSpread: Int64 = 250_000_000

    private static func pattern(in endings: Endings, of server: Server) -> EndingPattern? {
        func largest(
            _ times: TimeClusters, _ time: (Survivors.Times, Role) -> Int64, _ own: (Survivors.End) -> Int64
        ) -> TimeClusters.Cluster? {
            let found = times.clusters.map { server.survivors.confirmed($0, time, own) }.max { $0.count < $1.count }
            return found.flatMap { $0.count >= fewest && $0.count &* 2 >= endings.count ? $0 : nil }
        }
        var silence = largest(endings.silences, { $0.silences[$1.index] }, { $0.silence })
        var lifetime = largest(endings.lifetimes, { times, _ in times.lifetime }, { _ in 0 })
        var silentEnd: Role?
        for role in Role.allCases {
            let own = largest(
                endings.ownSilences[role.index], { times, _ in times.ownSilences[role.index] }, { _ in 0 })
            guard let own, own.oneSided >= fewest, own.count > lifetime?.count ?? 0 else { continue }
            // Where the other end speaks at regular intervals, the silence after its last word is alike as well.
            guard
                own.count > silence?.count ?? 0
                    || silence.map({ $0.steady == $0.count && own.count == $0.count }) == true
            else { continue }
            (silence, lifetime, silentEnd) = (own, nil, role)
        }
        var isSilentThroughout = false
        if let silent = silence, let living = lifetime {
            // What a session without any frame shows is silence and lifetime at once: the others tell which it is.
            switch (silent.count > silent.silentThroughout, living.count > living.silentThroughout) {
            case (true, false): lifetime = nil
            case (false, true): silence = nil
            case (false, false):
                isSilentThroughout = !leaveCloser(of: &silence, &lifetime)
            // What fewer of them have in common is a coincidence.
            case (true, true) where silent.count > living.count: lifetime = nil
            case (true, true) where silent.count < living.count: silence = nil
            // As long silences before it ended none of them.
            case (true, true) where silent.steady == silent.count: silence = nil
            case (true, true): _ = leaveCloser(of: &silence, &lifetime)
            }
        }
        // Heartbeats break a silence, and no timer that looks at messages.
        let messages =
            silence == nil && lifetime == nil
            ? largest(endings.messageSilences, { times, _ in times.messageSilence }, { $0.messageSilence }) : nil
        let found = [silence, lifetime, messages].compactMap(\.self)
        guard let count = found.map(\.count).min() else { return nil }
        return EndingPattern(
            server: server.address, by: endings.manner.by, layer: endings.manner.layer, sessions: count,
            ended: server.ended, silence: silence?.range, messageSilence: messages?.range, lifetime: lifetime?.range,
            isSilentThroughout: isSilentThroughout, silentEnd: silentEnd,
            isAtOnce: found.contains { $0.isAtOnce })
    }
}

/// A way in which several sessions with one server ended alike: at the same age, or after the same silence.
public struct EndingPattern: Hashable, Sendable {
    /// The server that they have in common.
    public var server: IPAddress
    /// Who ended them.
    public var by: SessionEnd.Verdict.Party
    /// At which layer.
    public var layer: SessionEnd.Verdict.Layer
    /// How many of them there are.
    public var sessions: UInt64
    /// How many sessions with the server have ended in the capture, in whatever way.
    public var ended: UInt64
    /// The shortest and the longest silence before the end, in nanoseconds, of both ends or of ``silentEnd``; nil if that
    /// differs.
    public var silence: ClosedRange<Int64>?
    /// The shortest and the longest time from the last data message to the end, in nanoseconds, if only that is alike;
    /// else nil.
    public var messageSilence: ClosedRange<Int64>?
    /// The shortest and the longest time from the accepted upgrade to the end, in nanoseconds; nil if that differs.
    public var lifetime: ClosedRange<Int64>?
    /// Whether no frame was ever sent in any of them, so that silence and lifetime are the same.
    public var isSilentThroughout: Bool
    /// The end that was silent, if the other one went on speaking; else nil.
    public var silentEnd: Role?
    /// Whether all of them ended at one moment, so that a single event explains the times as well as a timer does.
    public var isAtOnce: Bool

    /// Creates a pattern.
    public init(
        server: IPAddress, by: SessionEnd.Verdict.Party, layer: SessionEnd.Verdict.Layer, sessions: UInt64,
        ended: UInt64, silence: ClosedRange<Int64>?, messageSilence: ClosedRange<Int64>? = nil,
        lifetime: ClosedRange<Int64>?, isSilentThroughout: Bool, silentEnd: Role? = nil,
        isAtOnce: Bool = false
    ) {
        self.server = server
        self.by = by
        self.layer = layer
        self.sessions = sessions
        self.ended = ended
        self.silence = silence
        self.messageSilence = messageSilence
        self.lifetime = lifetime
        self.isSilentThroughout = isSilentThroughout
        self.silentEnd = silentEnd
        self.isAtOnce = isAtOnce
    }
}
