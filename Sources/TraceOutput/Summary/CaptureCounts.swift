import CaptureAnalysis
import WireFormat

/// The counts on pages about a whole capture: the summary and the report show the same numbers.
struct CaptureCounts {
    /// The most sources named.
    static let namedSources = 3
    /// The most rules in the list of findings.
    static let maximumRules = 200
    /// The most patterns listed in a report, and after a timeline.
    static let maximumPatterns = 20

    private var sources: [String] = []
    /// When the capture began; nil if it is empty.
    private(set) var start: Timestamp?
    private(set) var sessions: SessionTable
    private(set) var endings = EndingTable()
    private(set) var findings = FindingTable(maximumRules: maximumRules)
    private var openings = OpeningTimes()

    /// Creates empty counts that keep the rows of at most `maximumSessions` ended sessions.
    init(maximumSessions: Int) {
        sessions = SessionTable(maximumRows: maximumSessions)
    }

    /// Counts an event.
    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext) {
        switch event {
        case .capture(let capture): (sources, start) = (capture.sources, capture.start)
        case .connection(let start):
            sessions.begin(start, session: context.session)
            openings.record(start, session: context.session)
        case .handshake(let handshake):
            sessions.record(handshake, session: context.session)
            openings.record(handshake, session: context.session)
        case .finding(let finding): findings.record(finding, at: context)
        case .end(let end): self.end(end, at: context)
        case .segment, .alert, .encrypted, .exchange, .frame, .message, .gap, .resync, .delivery, .summary: break
        }
    }

    /// Counts the end of a session.
    ///
    /// - Returns: Its row, and the index of its group among the endings; nil beyond their bounds.
    @discardableResult
    mutating func end(
        _ end: borrowing SessionEnd, at context: borrowing EventContext
    ) -> (row: SessionRow?, group: Int?) {
        let row = sessions.end(end, session: context.session)
        return (
            row,
            endings.record(end.verdict, of: row, session: context.session, elapsed: context.elapsed(of: end.origin))
        )
    }
}

/// The totals at the top of a page.
extension CaptureCounts {
    /// The name of the capture: its first sources, and how many more there are; not yet safe for a terminal.
    var title: String { Self.title(of: sources) }

    /// The name of a capture of these sources.
    static func title(of sources: [String]) -> String {
        let named = sources.prefix(namedSources).map(name(of:)).joined(separator: ", ")
        let others = sources.count - namedSources
        return others > 0 ? "\(named) and \(others) more" : named
    }

    /// The name of a source, as a page shows it.
    static func name(of source: String) -> String { source == "-" ? "standard input" : source }

    /// The totals, each with its name.
    func totals(_ summary: Summary) -> [(name: String, text: String)] {
        var lines: [(name: String, text: String)] = []
        func line(_ name: String, _ text: String) { lines.append((name, text)) }
        line("capture", title)
        if let start, summary.packets > 0 { line("start", Quantity.date(start)) }
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
        if summary.compressedSessions > 0 {
            let sessions = Quantity.count(summary.compressedSessions, "session")
            line("compression", "in \(sessions): " + CompressionMessage.sizes(summary.compression))
        }
        if let message = openings.message { line("opening", message) }
        if let skipped = skipped(summary) { line("patterns", skipped) }
        line(
            "findings",
            Quantity.count(summary.errors, "error") + ", " + Quantity.count(summary.warnings, "warning") + ", "
                + Quantity.count(summary.notes, "note") + "; " + Quantity.count(summary.gaps, "gap"))
        return lines
    }

    /// The connections without WebSocket by kind: "; 3 TLS, 1 HTTP".
    private func others(_ others: OtherTraffic) -> String {
        let kinds: [(UInt64, String)] = [
            (others.tls, "TLS"), (others.http2, "HTTP/2"), (others.http, "HTTP" + transports(others)),
            (others.unknown, "unknown"), (others.midstream, "started before the capture"),
            (others.silent, "silent" + failures(others)),
        ]
        let counts = kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return counts.isEmpty ? "" : "; " + counts.joined(separator: ", ")
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

    /// What was decrypted and what was not; nil if there were no secrets.
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

    /// What was left out of the search for patterns, for lack of room; nil if nothing.
    private func skipped(_ summary: Summary) -> String? {
        let (sessions, times) = (summary.uncomparedSessions, summary.forgottenTimes)
        var parts: [String] = []
        if sessions > 0 { parts.append("\(Quantity.grouped(sessions)) sessions skipped (too many servers)") }
        if times > 0 { parts.append("\(Quantity.grouped(times)) durations skipped (too varied to group)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
