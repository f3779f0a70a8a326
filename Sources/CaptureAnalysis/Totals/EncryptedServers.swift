/// The TLS connections with a server that were not decrypted.
public struct EncryptedServer: Hashable, Sendable {
    /// The number of these connections that ended in one way.
    public struct Ending: Hashable, Sendable {
        /// Who ended them.
        public var by: SessionEnd.Verdict.Party
        /// The layer at which they ended.
        public var layer: SessionEnd.Verdict.Layer
        /// The number of such connections.
        public var connections: UInt64
    }

    /// The server name that clients sent; address and port if they sent none.
    public var name: String
    /// The number of connections.
    public var connections: UInt64 = 0
    /// TCP payload bytes from the clients.
    public var bytesFromClients: UInt64 = 0
    /// TCP payload bytes from the server.
    public var bytesFromServers: UInt64 = 0
    /// The duration of the longest connection, in nanoseconds.
    public var longest: Int64 = 0
    /// The first few versions, in order of appearance.
    public var versions: [String] = []
    /// The first few cipher suites, in order of appearance.
    public var cipherSuites: [String] = []
    /// The first few application protocols, in order of appearance: those chosen or, if the choice is encrypted,
    /// offered.
    public var protocols: [String] = []
    /// Connections whose ClientHello may contain another, encrypted one (ECH): then the name is only that of the
    /// client-facing server.
    public var encryptedHellos: UInt64 = 0
    /// Connections whose client random is in no key log.
    public var withoutSecret: UInt64 = 0
    /// How they ended, in order of appearance.
    public var endings: [Ending] = []

    /// Creates an entry without connections.
    public init(name: String) {
        self.name = name
    }

    /// The most versions, suites and protocols listed.
    private static let listed = 4

    mutating func add(_ connection: EncryptedConnection) {
        connections &+= 1
        bytesFromClients &+= connection.bytesFromClient
        bytesFromServers &+= connection.bytesFromServer
        longest = max(longest, connection.duration)
        if let version = connection.encryption.version { Self.add(version, to: &versions) }
        if let suite = connection.encryption.cipherSuite { Self.add(suite, to: &cipherSuites) }
        if let chosen = connection.encryption.applicationProtocol {
            Self.add(chosen, to: &protocols)
        } else {
            for offered in connection.offeredProtocols { Self.add(offered, to: &protocols) }
        }
        if connection.hasEncryptedHello { encryptedHellos &+= 1 }
        if connection.obstacle == .noSecret { withoutSecret &+= 1 }
        add(Ending(by: connection.by, layer: connection.layer, connections: 1))
    }

    /// Adds the counts of the same server from elsewhere.
    mutating func add(_ other: EncryptedServer) {
        connections &+= other.connections
        bytesFromClients &+= other.bytesFromClients
        bytesFromServers &+= other.bytesFromServers
        longest = max(longest, other.longest)
        for version in other.versions { Self.add(version, to: &versions) }
        for suite in other.cipherSuites { Self.add(suite, to: &cipherSuites) }
        for name in other.protocols { Self.add(name, to: &protocols) }
        encryptedHellos &+= other.encryptedHellos
        withoutSecret &+= other.withoutSecret
        for ending in other.endings { add(ending) }
    }

    private mutating func add(_ ending: Ending) {
        if let place = endings.firstIndex(where: { $0.by == ending.by && $0.layer == ending.layer }) {
            endings[place].connections &+= ending.connections
        } else {
            endings.append(ending)
        }
    }

    private static func add(_ name: String, to list: inout [String]) {
        if list.count < listed, !list.contains(name) { list.append(name) }
    }
}

/// Counts TLS connections that were not decrypted, by server.
///
/// Each shard has its own, so that the bound does not depend on the number of threads.
struct EncryptedServers: Sendable {
    /// The most servers of a shard; connections with further ones are only counted.
    static let limit = 256
    /// The most servers listed in the end.
    static let listed = 100

    private var entries: [EncryptedServer] = []
    private var placeByName: [String: Int] = [:]
    /// Connections with further servers.
    private(set) var others: UInt64 = 0
    /// Patterns of repeated endings.
    private(set) var patterns: EndingPatterns

    /// Creates a table.
    ///
    /// - Parameter room: The bytes of memory for finding repeated endings.
    init(room: Int) {
        patterns = EndingPatterns(room: room)
    }

    /// Counts a connection that ended at this time, in nanoseconds since 1970.
    mutating func record(_ connection: EncryptedConnection, endTime: Int64) {
        patterns.record(connection, endTime: endTime)
        let name = connection.encryption.serverName ?? String(describing: connection.server)
        if let place = place(of: name, limit: Self.limit) {
            entries[place].add(connection)
        } else {
            others &+= 1
        }
    }

    /// Adds the counts of another shard.
    mutating func add(_ table: EncryptedServers) {
        for entry in table.entries {
            if let place = place(of: entry.name, limit: .max) { entries[place].add(entry) }
        }
        others &+= table.others
        patterns.add(table.patterns)
    }

    /// The servers with the most connections, and the number of connections to the others.
    var largestFirst: (servers: [EncryptedServer], others: UInt64) {
        let sorted = entries.sorted { left, right in
            left.connections == right.connections ? left.name < right.name : left.connections > right.connections
        }
        let rest = sorted.dropFirst(Self.listed).reduce(0) { $0 &+ $1.connections }
        return (Array(sorted.prefix(Self.listed)), others &+ rest)
    }

    /// The index of a server, which is added if there is room.
    private mutating func place(of name: String, limit: Int) -> Int? {
        if let place = placeByName[name] { return place }
        guard entries.count < limit else { return nil }
        placeByName[name] = entries.count
        entries.append(EncryptedServer(name: name))
        return entries.count - 1
    }
}

extension Summary {
    /// Takes the counts of TLS connections.
    mutating func take(_ encrypted: EncryptedServers) {
        (encryptedServers, otherEncryptedConnections) = encrypted.largestFirst
        encryptedPatterns = encrypted.patterns.patterns
    }
}
