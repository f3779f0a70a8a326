import CaptureAnalysis
import WireFormat

/// The page, and the totals at its top.
extension SummaryFormat {
    /// The columns of a line.
    var width: Int { max(options.width, Self.minimumWidth) }

    mutating func write(_ summary: Summary, at context: borrowing EventContext) {
        writeTotals(summary, start: Timestamp(nanoseconds: context.time.nanoseconds &- context.elapsed))
        writeEndings()
        writePatterns(summary.patterns)
        writeServers(summary)
        writeSessions()
        writeFindings()
    }

    private mutating func writeTotals(_ summary: Summary, start: Timestamp) {
        let named = sources.prefix(Self.namedSources).joined(separator: ", ")
        let others = sources.count - Self.namedSources
        line("capture", others > 0 ? "\(named) and \(others) more" : named)
        if summary.packets > 0 { line("start", Quantity.date(start)) }
        line(
            "packets",
            "\(summary.packets), \(Quantity.bytes(summary.bytes)) in \(Quantity.seconds(summary.duration))"
                + (summary.unreadablePackets > 0 ? "; \(summary.unreadablePackets) unreadable" : ""))
        if let losses = summary.losses { line("dropped", losses.message) }
        line(
            "connections",
            "\(summary.tcpConnections) TCP, \(summary.webSocketConnections) with WebSocket"
                + self.others(summary.others)
                + (summary.connectionsGivenUp > 0 ? "; \(summary.connectionsGivenUp) dropped at a limit" : ""))
        if let text = encrypted(summary.encrypted) { line("TLS", text) }
        line(
            "WebSocket",
            Quantity.count(summary.frames, "frame") + ", " + Quantity.count(summary.messages, "message") + " of "
                + Quantity.bytes(summary.payloadBytes))
        if let message = compression.message { line("compression", message) }
        if let message = openings.message { line("opening", message) }
        if let skipped = skipped(summary) { line("patterns", skipped) }
        line(
            "findings",
            Quantity.count(summary.errors, "error") + ", " + Quantity.count(summary.warnings, "warning") + ", "
                + Quantity.count(summary.notes, "note") + "; " + Quantity.count(summary.gaps, "gap"))
    }

    /// The connections without WebSocket by kind: "; 3 TLS, 1 HTTP".
    private func others(_ others: OtherTraffic) -> String {
        let kinds: [(UInt64, String)] = [
            (others.tls, "TLS"), (others.http2, "HTTP/2"), (others.http, "HTTP" + transports(others)),
            (others.unknown, "unknown"),
            (others.midstream, "started before the capture"),
            (others.silent, "silent" + failures(others)),
        ]
        let counts = kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return counts.isEmpty ? "" : "; " + counts.joined(separator: ", ")
    }

    /// What could be decrypted, and what not; nil if there were no secrets.
    private func encrypted(_ encrypted: EncryptedConnections) -> String? {
        guard encrypted.total > encrypted.noKeyLog &+ encrypted.incomplete else { return nil }
        let kinds: [(UInt64, String)] = [
            (encrypted.noSecret, "without a secret"), (encrypted.wrongSecret, "whose secrets do not fit"),
            (encrypted.unsupported, "not supported"), (encrypted.noHandshake, "without a handshake"),
            (encrypted.http2, "with HTTP/2"), (encrypted.encryptedHellos, "with ECH"),
        ]
        let counts = kinds.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }
        return Quantity.count(encrypted.total, "connection") + ", \(encrypted.decrypted) decrypted" + counts.joined()
    }

    /// What else HTTP was used for: " (2 event streams, 1 polling)".
    private func transports(_ others: OtherTraffic) -> String {
        var parts: [String] = []
        if others.eventStreams > 0 { parts.append(Quantity.count(others.eventStreams, "event stream")) }
        if others.longPolling > 0 { parts.append("\(others.longPolling) polling") }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    /// Why connections had no data: " (2 refused, 1 unanswered)".
    private func failures(_ others: OtherTraffic) -> String {
        var parts: [String] = []
        if others.refused > 0 { parts.append("\(others.refused) refused") }
        if others.unanswered > 0 { parts.append("\(others.unanswered) unanswered") }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    /// What the search for patterns had no room for; nil if nothing.
    private func skipped(_ summary: Summary) -> String? {
        let (sessions, times) = (summary.uncomparedSessions, summary.forgottenTimes)
        var parts: [String] = []
        if sessions > 0 { parts.append("\(Quantity.grouped(sessions)) sessions skipped (too many servers)") }
        if times > 0 { parts.append("\(Quantity.grouped(times)) durations skipped (too varied to group)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// A total: its name in twelve columns, then its text.
    private mutating func line(_ name: String, _ text: String) {
        output.append(verbatim: name)
        output.append(repeating: UInt8(ascii: " "), count: 13 - name.utf8.count)
        output.append(wrapping: text, from: 13, indent: 13, width: width)
        output.append("\n")
    }

    /// How sessions ended, if there are too many to see at a glance: each kind, then where and when.
    private mutating func writeEndings() {
        guard endings.count > Self.glance else { return }
        heading("endings\n")
        for group in endings.inOrder {
            right("\(group.count)", 6)
            output.append(" × ")
            let kind = VerdictMessage.text(VerdictMessage.common(group.verdict), upgrade: group.upgrade)
            output.append(wrapping: kind, from: 9, indent: 9, width: width)
            output.append("\n")
            writePlaces(of: group)
        }
        if endings.omitted > 0 {
            right("\(endings.omitted)", 6)
            output.append(wrapping: " × others", from: 6, indent: 9, width: width)
            output.append("\n")
        }
    }

    /// The servers and paths of sessions that ended alike, and when.
    private mutating func writePlaces(of group: EndingTable.Group) {
        let places = group.places.sorted {
            $0.count == $1.count ? $0.examples[0] < $1.examples[0] : $0.count > $1.count
        }
        let shown = places.prefix(Self.shownPlaces)
        for place in shown {
            var words = place.server.map { "\($0)\(place.path)" } ?? "not followed"
            if group.count > place.count { words += " (\(place.count))" }
            let (first, last) = (Quantity.seconds(place.times.lowerBound), Quantity.seconds(place.times.upperBound))
            words += place.count > 1 ? ", \(first) to \(last)" : ", at \(first)"
            words += ": " + place.examples.map { "#\($0.number)" }.joined(separator: ", ")
            if place.count > UInt64(place.examples.count) { words += ", …" }
            output.append(repeating: UInt8(ascii: " "), count: 11)
            output.append(wrapping: words, from: 11, indent: 13, width: width)
            output.append("\n")
        }
        let others = group.count - shown.reduce(0) { $0 + $1.count }
        guard others > 0 else { return }
        output.append(repeating: UInt8(ascii: " "), count: 11)
        output.append(wrapping: "\(others) at other servers and paths", from: 11, indent: 13, width: width)
        output.append("\n")
    }

    /// Endings that repeat.
    private mutating func writePatterns(_ patterns: [EndingPattern]) {
        guard !patterns.isEmpty else { return }
        heading("patterns\n")
        for pattern in patterns {
            output.append("  ")
            output.append(wrapping: PatternMessage.ending(pattern), from: 2, indent: 6, width: width)
            output.append("\n      ")
            output.append(wrapping: PatternMessage.cause(pattern), from: 6, indent: 6, width: width)
            output.append("\n")
        }
    }

    /// The servers that refused or did not answer, or that do without WebSocket what it is for.
    private mutating func writeServers(_ summary: Summary) {
        let lines = summary.servers.compactMap { server in
            let parts = Self.troubles(server)
            return parts.isEmpty ? nil : "\(server.server): \(parts.joined(separator: ", "))"
        }
        guard !lines.isEmpty else { return }
        heading("servers\n")
        for line in lines.prefix(Self.shownServers) {
            output.append("  ")
            output.append(wrapping: line, from: 2, indent: 6, width: width)
            output.append("\n")
        }
        guard lines.count > Self.shownServers else { return }
        output.append("  … and ")
        output.append(decimal: UInt64(lines.count - Self.shownServers))
        output.append(" more\n")
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

    /// Right-aligned ASCII text.
    mutating func right(_ text: String, _ columns: Int) {
        output.append(repeating: UInt8(ascii: " "), count: max(columns - text.utf8.count, 0))
        output.append(verbatim: text)
    }

    mutating func heading(_ text: StaticString) {
        let style: TextStyle? = options.hasColor ? .heading : nil
        output.append("\n")
        output.begin(style)
        output.append(text)
        output.end(style)
    }
}
