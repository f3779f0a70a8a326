import CaptureAnalysis

/// What to tell a user whose capture holds no WebSocket: what was there instead.
struct NoWebSocketWords {
    private let summary: Summary

    /// Nil where sessions were found.
    init?(_ summary: Summary) {
        guard summary.webSocketConnections == 0 else { return nil }
        self.summary = summary
    }

    /// One line.
    var text: String {
        let others = summary.others
        if summary.packets == 0 { return "no WebSocket: the capture holds no packets" }
        guard summary.tcpConnections > 0 else {
            return "no WebSocket: none of \(summary.packets) packets is TCP" + packetDetails
        }
        var parts: [String] = []
        add(others.tls, "TLS without keys", to: &parts)
        add(others.http2, "HTTP/2, which is not decoded", to: &parts)
        add(others.http, "HTTP without an accepted upgrade", to: &parts)
        add(others.eventStreams, "of those event streams (text/event-stream)", to: &parts)
        add(others.longPolling, "of those long polling", to: &parts)
        add(others.silent, "without any data", to: &parts)
        add(others.midstream, "begun before the capture, without an upgrade in it", to: &parts)
        add(others.unknown, "something else", to: &parts)
        add(others.oversizedHeads, "of those given up for the length of an HTTP head", to: &parts)
        add(others.unsearched, "not searched to the end, since too many were open", to: &parts)
        let connections = summary.tcpConnections == 1 ? "1 TCP connection" : "\(summary.tcpConnections) TCP connections"
        let list = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        return "no WebSocket in \(connections)\(list)" + packetDetails
    }

    private var packetDetails: String {
        var details = ""
        if summary.others.fragments > 0 {
            details += "; \(summary.others.fragments) IP fragments of datagrams that are not complete"
        }
        if summary.unreadablePackets > 0 { details += "; \(summary.unreadablePackets) packets cut or malformed" }
        return details
    }

    private func add(_ count: UInt64, _ what: String, to parts: inout [String]) {
        if count > 0 { parts.append("\(count) \(what)") }
    }
}
