import CaptureAnalysis

/// One line for each server, which the summary and the report list next to the sessions.
///
/// Names of servers and protocols are the peers' own: the lines are not yet safe for a terminal.
struct ServerLines {
    /// The most servers listed.
    static let maximum = 12

    /// The first servers.
    var lines: [String]
    /// A line about the other servers; nil if there are none.
    var rest: String?

    /// The servers that refused or did not answer, or that use polling or event streams instead of WebSocket.
    static func troubled(_ summary: Summary) -> ServerLines {
        let lines = summary.servers.compactMap { server in
            let parts = troubles(server)
            return parts.isEmpty ? nil : "\(server.server): \(parts.joined(separator: ", "))"
        }
        let others = lines.count - maximum
        return ServerLines(lines: Array(lines.prefix(maximum)), rest: others > 0 ? "… and \(others) more" : nil)
    }

    /// The TLS connections that were not decrypted, by server.
    static func encrypted(_ summary: Summary) -> ServerLines {
        let servers = summary.encryptedServers
        let others = servers.dropFirst(maximum).reduce(summary.otherEncryptedConnections) { $0 &+ $1.connections }
        return ServerLines(
            lines: servers.prefix(maximum).map { EncryptedMessages.text($0) },
            rest: others > 0 ? "… and \(others) more with other servers" : nil)
    }

    private static func troubles(_ server: ServerTraffic) -> [String] {
        var parts: [String] = []
        if server.refusedConnections > 0 {
            parts.append("refused \(Quantity.count(server.refusedConnections, "connection")) (SYN answered by RST)")
        }
        if server.unansweredConnections > 0 {
            parts.append("never answered the SYNs of \(Quantity.count(server.unansweredConnections, "connection"))")
        }
        if server.polling > 0 { parts.append(Quantity.count(server.polling, "connection") + " polling") }
        if server.eventStreams > 0 { parts.append(Quantity.count(server.eventStreams, "event stream")) }
        return parts
    }
}
