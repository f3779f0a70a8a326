public import PacketDecoding

/// Counts of the connections with a server.
public struct ServerTraffic: Hashable, Sendable {
    /// The server.
    public var server: Endpoint
    /// Sessions that were opened with it.
    public var sessions: UInt64 = 0
    /// Upgrade requests that it answered but did not accept.
    public var refusedUpgrades: UInt64 = 0
    /// Upgrade requests of which the capture has no response.
    public var unansweredUpgrades: UInt64 = 0
    /// Connections that it refused by answering the SYN with a RST (RFC 9293 3.10.7.1).
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

    /// The sum of all counts, by which servers are sorted.
    var total: UInt64 {
        sessions &+ refusedUpgrades &+ unansweredUpgrades &+ refusedConnections &+ unansweredConnections &+ polling
            &+ eventStreams
    }

    /// Adds the counts of the same server from elsewhere.
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

/// Counts connections by server: those with a session or an upgrade request, those that failed, and those that use HTTP
/// in place of WebSocket.
///
/// Each shard has its own table, so that the bound does not depend on the number of threads.
struct ServerTable: Sendable {
    /// The most servers of a shard; for further ones there is only a total.
    static let limit = 256
    /// The most servers listed in the end.
    static let listed = 100

    private var entries: [ServerTraffic] = []
    /// The index of the server counted last, which is usually the next one too.
    private var latest = 0
    private var placeByServer: [Endpoint: Int] = [:]
    /// The total for further servers.
    private(set) var others: UInt64 = 0

    /// Changes a count of a server.
    @inline(__always)
    mutating func count(_ server: Endpoint, _ change: (inout ServerTraffic) -> Void) {
        guard let place = place(of: server, limit: Self.limit) else {
            others &+= 1
            return
        }
        change(&entries[place])
    }

    /// Adds the counts of another shard.
    mutating func add(_ table: ServerTable) {
        for entry in table.entries { add(entry, limit: .max) }
        others &+= table.others
    }

    /// The servers with the highest counts, and the total of the others.
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

    /// The index of a server, which is added if there is room.
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
