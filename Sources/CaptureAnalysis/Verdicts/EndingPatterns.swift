import PacketDecoding
import WebSocketProtocol

/// Finds sessions that end alike: idle timers and fixed lifetimes of servers, clients and intermediaries.
///
/// Sessions with a server that the same party ended at the same layer are compared by the silence before their end, the
/// time since their last data message, the time since the last byte of each end, and their lifetime (``TimeClusters``
/// defines when two times are the same). If at least three of them, and at least half, agree, that is a pattern
/// (``EndingTimes/pattern(with:ended:survivors:)``). Times below a second are too short for a timer. Sessions that
/// outlived the capture do not count, nor do those whose path has a counter-example (``Survivors``).
struct EndingPatterns: Sendable {
    /// The most servers to follow; sessions with others are left out.
    static let serverLimit = 256
    /// The fewest sessions of a pattern.
    static let fewest: UInt64 = 3
    /// The shortest time that may be a timer's, in nanoseconds.
    static let shortest: Int64 = 1_000_000_000

    /// The bytes of memory that are left.
    private var room: Int

    /// The memory for the sessions of a capture, in bytes.
    static let usualRoom = 4 << 20

    /// Creates an empty comparison.
    ///
    /// - Parameter room: The bytes of memory that it may take. Beyond them, further servers, paths and times are left
    ///   out.
    init(room: Int = usualRoom) {
        self.room = room
    }

    private struct Server {
        var address: IPAddress
        var ended: UInt64 = 0
        var endings: [EndingTimes] = []
        var survivors = Survivors()
    }

    /// Sessions with other servers, which are left out.
    private(set) var uncomparedSessions: UInt64 = 0
    private var servers: [Server] = []
    private var indexByAddress: [IPAddress: Int] = [:]

    /// The facts, besides the verdict, by which the ends of sessions are compared.
    ///
    /// An object, which keeps the event of the end within the sizes that allocators keep ready.
    final class Sample: Sendable {
        /// Its server.
        let server: IPAddress
        /// The time of its end, in nanoseconds since 1970; nil if unknown.
        let endTime: Int64?
        /// Nanoseconds from the accepted upgrade to the end; nil if the upgrade was not seen.
        let lifetime: Int64?
        /// Nanoseconds from the last byte of each end to the end; 0 if unknown.
        let ownSilences: InlineArray<2, Int64>
        /// Whether it survived silences like the one before its end.
        let isSteady: Bool
        /// The longest times that it survived.
        let survived: Survivors.Times
        /// A digest of host and path; 0 if unknown.
        let path: UInt64
        /// The end that sent the last bytes before the silence at the end.
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

    /// Records the end of a session: its verdict and its sample.
    mutating func record(_ verdict: SessionEnd.Verdict, _ sample: Sample) {
        record(
            EndingTimes.Manner(by: verdict.by, layer: verdict.layer), silence: verdict.silence ?? 0,
            messageSilence: verdict.messageSilence, sample)
    }

    /// Records the end of a TLS connection that was not decrypted.
    mutating func record(_ connection: EncryptedConnection, endTime: Int64) {
        record(
            EndingTimes.Manner(by: connection.by, layer: connection.layer), silence: connection.silence ?? 0,
            messageSilence: nil,
            Sample(
                server: connection.server.address, endTime: endTime,
                lifetime: connection.opensInCapture ? connection.duration : nil))
    }

    private mutating func record(_ manner: EndingTimes.Manner, silence: Int64, messageSilence: Int64?, _ sample: Sample)
    {
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
        servers[index].ended &+= 1
        let place = place(of: manner, at: index)
        servers[index].endings[place].record(
            silence: silence, messageSilence: messageSilence, sample, room: &room)
    }

    /// The index of a manner's times among a server's; they are added if need be.
    ///
    /// An index, so that nothing is copied. There are few manners, so their memory is counted, but never refused.
    private mutating func place(of manner: EndingTimes.Manner, at server: Int) -> Int {
        for place in servers[server].endings.indices where servers[server].endings[place].manner == manner {
            return place
        }
        room &-= 2 &* MemoryLayout<EndingTimes>.stride
        servers[server].endings.append(EndingTimes(manner))
        return servers[server].endings.count &- 1
    }

    /// Adds the findings of another shard; sessions with further servers are only counted.
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
                let place = place(of: endings.manner, at: index)
                servers[index].endings[place].add(endings, room: &room)
            }
        }
    }

    /// The patterns found, the most frequent first.
    var patterns: [EndingPattern] {
        let found = servers.flatMap { server in
            server.endings.compactMap {
                $0.pattern(with: server.address, ended: server.ended, survivors: server.survivors)
            }
        }
        return found.enumerated().sorted { left, right in
            (right.element.sessions, left.offset) < (left.element.sessions, right.offset)
        }.map(\.element)
    }

    /// The silences and lifetimes that were dropped because too many differ.
    var forgottenTimes: UInt64 {
        servers.reduce(0) { sum, server in
            server.endings.reduce(sum) { $0 &+ $1.forgotten }
        }
    }

    /// The memory of a server, with room for one more and its entry in the table, in bytes.
    private static let serverCost = 2 &* MemoryLayout<Server>.stride &+ 256

    private mutating func index(of address: IPAddress) -> Int? {
        if let index = indexByAddress[address] { return index }
        guard servers.count < Self.serverLimit, room >= Self.serverCost else { return nil }
        room &-= Self.serverCost
        servers.append(Server(address: address))
        indexByAddress[address] = servers.count - 1
        return servers.count - 1
    }
}
