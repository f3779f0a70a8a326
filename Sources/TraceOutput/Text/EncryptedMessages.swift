import CaptureAnalysis

/// Describes TLS connections that were not decrypted.
///
/// Names of servers and protocols are the peers' own: the texts are not yet safe for a terminal.
enum EncryptedMessages {
    /// Describes one connection: its ends, what the hellos said, how much passed, how it ended, and why it was not
    /// decrypted.
    static func text(_ connection: EncryptedConnection) -> String {
        let encryption = connection.encryption
        var parts = ["\(connection.client) → \(connection.server)"]
        if let name = encryption.serverName { parts[0] += " \(name)" }
        if let version = encryption.version { parts.append("TLS \(version)") }
        if let suite = encryption.cipherSuite { parts.append(suite) }
        if let chosen = encryption.applicationProtocol {
            parts.append(chosen)
        } else if !connection.offeredProtocols.isEmpty {
            parts.append(connection.offeredProtocols.joined(separator: " or "))
        }
        if encryption.isResumed { parts.append("resumed") }
        if connection.hasEncryptedHello { parts.append("ECH") }
        return parts.joined(separator: ", ")
            + "; \(bytes(connection.bytesFromClient, connection.bytesFromServer)) in "
            + Quantity.seconds(connection.duration) + "; " + ending(connection)
            + "; not decrypted: " + obstacle(connection.obstacle)
    }

    /// Describes the connections with one server.
    static func text(_ server: EncryptedServer) -> String {
        let kinds = server.versions.map { "TLS \($0)" } + server.cipherSuites
        var parts = [([Quantity.count(server.connections, "connection")] + kinds).joined(separator: ", ")]
        if !server.protocols.isEmpty { parts[0] += ", " + server.protocols.joined(separator: " or ") }
        parts.append(bytes(server.bytesFromClients, server.bytesFromServers))
        parts.append((server.connections > 1 ? "at most " : "") + Quantity.seconds(server.longest))
        let endings = server.endings.sorted { $0.connections > $1.connections }
        parts.append(
            endings.map { (server.connections > 1 ? "\($0.connections) " : "") + manner($0.by, $0.layer) }
                .joined(separator: ", "))
        if server.withoutSecret > 0 { parts.append("\(server.withoutSecret) without a secret") }
        if server.encryptedHellos > 0 { parts.append("\(server.encryptedHellos) with ECH") }
        return "\(server.name): " + parts.joined(separator: "; ")
    }

    private static func bytes(_ fromClient: UInt64, _ fromServer: UInt64) -> String {
        "→ \(Quantity.bytes(fromClient)), ← \(Quantity.bytes(fromServer))"
    }

    private static func ending(_ connection: EncryptedConnection) -> String {
        var text = manner(connection.by, connection.layer, connection.alert)
        if let silence = connection.silence { text += " after \(Quantity.seconds(silence)) of silence" }
        return text
    }

    private static func manner(
        _ party: SessionEnd.Verdict.Party, _ layer: SessionEnd.Verdict.Layer, _ alert: Alert? = nil
    ) -> String {
        switch layer {
        case .fin, .closeFrame: "closed by the \(party.rawValue)"
        case .rst: "reset by the \(party.rawValue)"
        case .tlsAlert: "ended by the \(party.rawValue) with " + (alert.map { "the alert \($0.name)" } ?? "an alert")
        case .timeout: "timed out"
        case .captureEnd: "not over"
        }
    }

    private static func obstacle(_ obstacle: EncryptedConnection.Obstacle) -> String {
        switch obstacle {
        case .noKeyLog: "no keys"
        case .noSecret: "no secret for this client random"
        case .wrongSecret: "its secrets do not fit"
        case .unsupported: "cipher or version not supported"
        case .noHandshake: "needs the handshake, which is not in the capture"
        case .incomplete: "over before any data"
        }
    }
}
