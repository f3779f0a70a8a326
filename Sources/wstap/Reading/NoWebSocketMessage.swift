import CaptureAnalysis
import PacketDecoding
import TraceOutput

/// The line for a user whose capture holds no WebSocket: what it holds instead.
struct NoWebSocketMessage {
    private let summary: Summary
    private let packetsRead: UInt64
    private let hasKeyLog: Bool

    /// Nil if sessions were found.
    ///
    /// - Parameters:
    ///   - summary: The totals.
    ///   - packetsRead: The packets, including those that a packet filter excluded.
    ///   - hasKeyLog: Whether a key log was given.
    init?(_ summary: Summary, packetsRead: UInt64, hasKeyLog: Bool) {
        guard summary.webSocketConnections == 0 else { return nil }
        self.summary = summary
        self.packetsRead = packetsRead
        self.hasKeyLog = hasKeyLog
    }

    /// The line.
    var text: String {
        let others = summary.others
        guard summary.packets > 0 else {
            return "no WebSocket: "
                + (packetsRead == 0
                    ? "the capture holds no packets" : "the filter matches none of \(packetsRead) packets")
        }
        guard summary.tcpConnections > 0 else {
            return "no WebSocket: none of \(summary.packets) packets is TCP" + packetDetails
        }
        var parts: [String] = []
        parts += EncryptedMessage.reasons(summary.encrypted)
        add(others.http2, "HTTP/2 (WebSocket over HTTP/2 is not read yet)", to: &parts)
        add(others.http, "HTTP without an accepted upgrade" + httpDetails, to: &parts)
        add(others.silent, "without data" + silenceDetails, to: &parts)
        add(others.midstream, "begun before the capture, without an upgrade in it", to: &parts)
        add(others.unknown, "other", to: &parts)
        add(others.oversizedHeads, "given up after an oversized HTTP head", to: &parts)
        add(others.proxyChains, "given up after too many proxies", to: &parts)
        add(others.searchesAbandoned, "without frames in their first bytes, not searched further", to: &parts)
        add(others.unsearched, "not searched to the end (too many open)", to: &parts)
        add(others.evicted, "not followed to the end (too many open)", to: &parts)
        add(others.waitedTooLong, "given up because one end waited too long for the other", to: &parts)
        let connections = Self.count(summary.tcpConnections, "TCP connection")
        let list = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        let way =
            if summary.encrypted.hasLateSecrets {
                KeyLogAdvice.textForLate
            } else {
                hasKeyLog ? KeyLogAdvice.textForEmpty : KeyLogAdvice.text
            }
        let advice = summary.encrypted.noKeyLog > 0 ? "; to decrypt TLS, \(way) (see docs/tls.md)" : ""
        return "no WebSocket in \(connections)\(list)" + encryptedHellos + packetDetails + advice
    }

    private var encryptedHellos: String {
        let count = summary.encrypted.encryptedHellos
        return count > 0 ? "; \(count) with ECH, which may hide the server's name" : ""
    }

    private var httpDetails: String {
        var details: [String] = []
        add(
            summary.refusedUpgrades, summary.refusedUpgrades == 1 ? "upgrade refused" : "upgrades refused",
            to: &details)
        add(
            summary.others.eventStreams, summary.others.eventStreams == 1 ? "event stream" : "event streams",
            to: &details)
        add(summary.others.longPolling, "polling or long polling", to: &details)
        return details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
    }

    private var silenceDetails: String {
        var details: [String] = []
        add(summary.others.refused, "refused", to: &details)
        add(summary.others.unanswered, "unanswered", to: &details)
        return details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
    }

    private var packetDetails: String {
        var details = quicDetails + tunnelDetails
        if summary.others.fragments > 0 {
            details += "; \(Self.count(summary.others.fragments, "IP fragment")) of incomplete datagrams"
        }
        if summary.unreadablePackets > 0 {
            details += "; \(Self.count(summary.unreadablePackets, "packet")) truncated or malformed"
        }
        return details
    }

    /// UDP that is QUIC, or may be: WebSockets in HTTP/3 (RFC 9220) would be inside.
    private var quicDetails: String {
        let (quic, web) = (summary.others.quicPackets, summary.others.webUDPPackets)
        // After long headers, the other packets on the same ports are QUIC too.
        if quic > 0 { return "; QUIC (HTTP/3, not decoded) in \(Self.count(quic &+ web, "UDP packet"))" }
        return web > 0 ? "; \(Self.count(web, "UDP packet")) on port 443 or 80, perhaps QUIC (not decoded)" : ""
    }

    /// The tunnels whose packets were not decoded.
    private var tunnelDetails: String {
        let tunnels = UndecodedTunnel.allCases.compactMap { tunnel in
            summary.others.tunnels[tunnel].map { "\(tunnel.name) in \($0)" }
        }
        return tunnels.isEmpty ? "" : "; tunnels that are not decoded: \(tunnels.joined(separator: ", ")) packets"
    }

    private static func count(_ number: UInt64, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }

    private func add(_ count: UInt64, _ what: String, to parts: inout [String]) {
        if count > 0 { parts.append("\(count) \(what)") }
    }
}
