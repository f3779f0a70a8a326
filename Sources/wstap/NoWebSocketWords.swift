import CaptureAnalysis

/// What to tell a user whose capture holds no WebSocket: what was there instead.
struct NoWebSocketWords {
    private let summary: Summary
    private let packetsRead: UInt64

    /// Nil where sessions were found; `packetsRead` counts those too that a packet filter left out.
    init?(_ summary: Summary, packetsRead: UInt64) {
        guard summary.webSocketConnections == 0 else { return nil }
        self.summary = summary
        self.packetsRead = packetsRead
    }

    /// One line.
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
        add(others.tls, "TLS without keys", to: &parts)
        add(others.http2, "HTTP/2, which is not decoded", to: &parts)
        add(others.http, "HTTP without an accepted upgrade", to: &parts)
        add(others.eventStreams, "of those event streams (text/event-stream)", to: &parts)
        add(others.longPolling, "of those long polling", to: &parts)
        add(others.silent, "without any data", to: &parts)
        add(others.midstream, "begun before the capture, without an upgrade in it", to: &parts)
        add(others.unknown, "something else", to: &parts)
        add(others.oversizedHeads, "of those given up for the length of an HTTP head", to: &parts)
        add(others.proxyChains, "given up behind too many proxies", to: &parts)
        add(others.searchedInVain, "searched for frames in vain, and not to the end", to: &parts)
        add(others.unsearched, "not searched to the end, since too many were open", to: &parts)
        add(others.displaced, "not followed to the end, since too many were open", to: &parts)
        add(others.overfull, "given up since one end waited too long for the other", to: &parts)
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
