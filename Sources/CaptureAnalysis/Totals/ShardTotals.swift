import HTTPUpgrade
import PacketDecoding

/// The counts of a shard's connections by server, and the connections that certainly carry something other than
/// WebSocket.
struct ShardTotals {
    private(set) var servers = ServerTable()
    /// TLS connections that were not decrypted.
    private(set) var encrypted = EncryptedServers(room: EndingPatterns.usualRoom / Limits.shards)
    /// Connections that certainly carry something else, by the packet with which each was first seen; nil if not
    /// demanded.
    private(set) var others: Set<UInt64>?

    init(collectsOthers: Bool) {
        others = collectsOthers ? [] : nil
    }

    /// Counts a reported upgrade.
    mutating func count(_ handshake: borrowing Handshake, in summary: inout Summary) {
        if handshake.isAccepted {
            countSession(with: handshake.identity.server, in: &summary)
        } else if handshake.status == nil {
            summary.unansweredUpgrades &+= 1
            servers.count(handshake.identity.server) { $0.unansweredUpgrades &+= 1 }
        } else {
            summary.refusedUpgrades &+= 1
            servers.count(handshake.identity.server) { $0.refusedUpgrades &+= 1 }
        }
    }

    /// Counts a session that was opened.
    mutating func countSession(with server: Endpoint, in summary: inout Summary) {
        summary.webSocketConnections &+= 1
        servers.count(server) { $0.sessions &+= 1 }
    }

    /// Counts a connection whose HTTP is used in place of WebSocket.
    mutating func count(_ traffic: HTTPTraffic, with server: Endpoint) {
        if traffic.contains(.polling) { servers.count(server) { $0.polling &+= 1 } }
        if traffic.contains(.eventStream) { servers.count(server) { $0.eventStreams &+= 1 } }
    }

    /// Counts a connection that its server refused.
    mutating func countRefused(by server: Endpoint, in summary: inout Summary) {
        summary.others.refused &+= 1
        servers.count(server) { $0.refusedConnections &+= 1 }
    }

    /// Counts a connection of which the capture has nothing but SYNs.
    mutating func countUnanswered(by server: Endpoint, in summary: inout Summary) {
        summary.others.unanswered &+= 1
        servers.count(server) { $0.unansweredConnections &+= 1 }
    }

    /// Counts a TLS connection that was not decrypted; its end is in nanoseconds since 1970.
    mutating func count(_ connection: EncryptedConnection, endTime: Int64) {
        encrypted.record(connection, endTime: endTime)
    }

    /// Whether connections with something else are collected, and there is room for another.
    var hasRoomForOther: Bool { others.map { $0.count < Limits.others / Limits.shards } ?? false }

    /// Records a connection that certainly carries something else.
    mutating func recordOther(firstSeenWith packet: UInt64) {
        others?.insert(packet)
    }
}
