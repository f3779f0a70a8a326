public import PacketDecoding

/// What became of the connections with one server.
public struct ServerTraffic: Hashable, Sendable {
    /// The server.
    public var server: Endpoint
    /// Sessions that were opened with it.
    public var sessions: UInt64 = 0
    /// Upgrades that it answered and did not accept.
    public var refusedUpgrades: UInt64 = 0
    /// Upgrades of which the capture has no answer.
    public var unansweredUpgrades: UInt64 = 0
    /// Connections that it refused: its answer to the SYN is a RST (RFC 9293 3.10.7.1).
    public var refusedConnections: UInt64 = 0
    /// Connections of which the capture has nothing but SYNs.
    public var unansweredConnections: UInt64 = 0
    /// Connections without a session that use a polling transport of Engine.IO or SockJS.
    public var polling: UInt64 = 0
    /// Connections without a session that have a response of type text/event-stream.
    public var eventStreams: UInt64 = 0

    /// Creates an entry without connections.
    public init(server: Endpoint) {
        self.server = server
    }

    /// What it is listed by: all that was counted.
    var total: UInt64 {
        sessions &+ refusedUpgrades &+ unansweredUpgrades &+ refusedConnections &+ unansweredConnections &+ polling
            &+ eventStreams
    }

    /// Adds what was counted of the same server elsewhere.
    mutating func add(_ other: ServerTraffic) {
        sessions &+= other.sessions
        refusedUpgrades &+= other.refusedUpgrades
        unansweredUpgrades &+= other.unansweredUpgrades
        refusedConnections &+= other.refusedConnections
        unansweredConnections &+= other.unansweredConnections
        polling &+= other.polling
        eventStreams &+= other.eventStreams
    }
}

/// Counts connections by server: those with a session or an upgrade, those that failed, and those that do without
/// WebSocket what it is for.
///
/// Each shard has its own, so that the bound does not depend on the number of threads.
struct ServerTable: Sendable {
    /// The most servers of a shard; what belongs to further ones is only counted.
    static let limit = 256
    /// The most servers that are listed in the end.
    static let listed = 100

    private var entries: [ServerTraffic] = []
    /// The place of the server that was counted last: mostly the next one too.
    private var latest = 0
    private var placeByServer: [Endpoint: Int] = [:]
    /// What was counted of further servers.
    private(set) var others: UInt64 = 0

    /// Counts something about a server.
    @inline(__always)
    mutating func count(_ server: Endpoint, _ change: (inout ServerTraffic) -> Void) {
        guard let place = place(of: server, limit: Self.limit) else {
            others &+= 1
            return
        }
        change(&entries[place])
    }

    /// Adds what another shard has counted.
    mutating func add(_ table: ServerTable) {
        for entry in table.entries { add(entry, limit: .max) }
        others &+= table.others
    }

    /// The servers of which most was counted, and how much was counted of the others.
    var largestFirst: (servers: [ServerTraffic], others: UInt64) {
        let sorted = entries.sorted { left, right in
            left.total == right.total
                ? (left.server.address.bits, left.server.port) < (right.server.address.bits, right.server.port)
                : left.total > right.total
        }
        let rest = sorted.dropFirst(Self.listed).reduce(0) { $0 &+ $1.total }
        return (Array(sorted.prefix(Self.listed)), others &+ rest)
    }

    private mutating func add(_ entry: ServerTraffic, limit: Int) {
        if let place = place(of: entry.server, limit: limit) {
            entries[place].add(entry)
        } else {
            others &+= entry.total
        }
    }

    /// The place of a server, which is added if there is room.
    private mutating func place(of server: Endpoint, limit: Int) -> Int? {
        if latest < entries.count, entries[latest].server == server { return latest }
        if let place = placeByServer[server] {
            latest = place
        } else if entries.count < limit {
            latest = entries.count
            placeByServer[server] = latest
            entries.append(ServerTraffic(server: server))
        } else {
            return nil
        }
        return latest
    }
}
