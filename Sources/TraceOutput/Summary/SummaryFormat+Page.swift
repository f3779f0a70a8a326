import CaptureAnalysis

/// The page: what stands above its tables.
extension SummaryFormat {
    /// The columns that lines have.
    var width: Int { max(options.width, Self.minimumWidth) }

    mutating func write(_ summary: Summary) {
        writeTotals(summary)
        writeEndings()
        writeSessions()
        writePatterns(summary.patterns)
        writeFindings()
    }

    private mutating func writeTotals(_ summary: Summary) {
        let named = sources.prefix(Self.namedSources).joined(separator: ", ")
        let others = sources.count - Self.namedSources
        line("capture", others > 0 ? "\(named) and \(others) more" : named)
        line(
            "packets",
            "\(summary.packets), \(Quantity.bytes(summary.bytes)) in \(Quantity.seconds(summary.duration))"
                + (summary.unreadablePackets > 0 ? "; \(summary.unreadablePackets) unreadable" : ""))
        if let losses = summary.losses { line("dropped", losses.words) }
        line(
            "connections",
            "\(summary.tcpConnections) TCP, \(summary.webSocketConnections) with WebSocket"
                + self.others(summary.others)
                + (summary.connectionsGivenUp > 0 ? "; \(summary.connectionsGivenUp) given up at a bound" : ""))
        line(
            "WebSocket",
            Quantity.count(summary.frames, "frame") + ", " + Quantity.count(summary.messages, "message") + " of "
                + Quantity.bytes(summary.payloadBytes))
        if let words = compression.words { line("compression", words) }
        if let words = openings.words { line("opening", words) }
        if let words = uncompared(summary) { line("not compared", words) }
        line(
            "findings",
            Quantity.count(summary.errors, "error") + ", " + Quantity.count(summary.warnings, "warning") + ", "
                + Quantity.count(summary.notes, "note") + "; " + Quantity.count(summary.gaps, "gap"))
    }

    /// What the connections without WebSocket were: "; 3 TLS, 1 HTTP".
    private func others(_ others: OtherTraffic) -> String {
        let kinds: [(UInt64, String)] = [
            (others.tls, "TLS"), (others.http2, "HTTP/2"), (others.http, "HTTP"), (others.unknown, "unknown"),
            (others.midstream, "begun before the capture"), (others.silent, "silent"),
        ]
        let words = kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return words.isEmpty ? "" : "; " + words.joined(separator: ", ")
    }

    /// The ends of sessions that had no room in the search for patterns; nil where there are none.
    private func uncompared(_ summary: Summary) -> String? {
        let (sessions, times) = (summary.uncomparedSessions, summary.forgottenTimes)
        let words =
            (sessions > 0 ? ["ends of \(Quantity.count(sessions, "session")) with further servers"] : [])
            + (times > 0 ? ["\(times) of the silences and lifetimes, which differ too much"] : [])
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    /// A total: its name in twelve columns, then its words.
    private mutating func line(_ name: String, _ words: String) {
        output.append(verbatim: name)
        output.append(repeating: UInt8(ascii: " "), count: 13 - name.utf8.count)
        output.append(wrapping: words, from: 13, indent: 13, width: width)
        output.append("\n")
    }

    /// How sessions ended, where there are too many to see it at a glance.
    private mutating func writeEndings() {
        guard endings.count > Self.glance else { return }
        heading("endings\n")
        let groups = endings.largestFirst
        let shown = groups.prefix(Self.shownEndings)
        for group in shown {
            right("\(group.count)", 6)
            output.append(" × ")
            let examples = group.examples.map { "#\($0)" }.joined(separator: ", ")
            let more = group.count > UInt64(group.examples.count) ? ", …" : ""
            let kind = VerdictText.sentence(VerdictText.common(group.verdict), upgrade: group.upgrade)
            output.append(wrapping: "\(kind): \(examples)\(more)", from: 9, indent: 9, width: width)
            output.append("\n")
        }
        let others = endings.count - shown.reduce(0) { $0 + $1.count }
        if others > 0 {
            right("\(others)", 6)
            output.append(wrapping: " × in other ways", from: 6, indent: 9, width: width)
            output.append("\n")
        }
    }

    /// The ways in which sessions ended alike.
    private mutating func writePatterns(_ patterns: [EndingPattern]) {
        guard !patterns.isEmpty else { return }
        heading("patterns\n")
        for pattern in patterns.prefix(Self.maximumPatterns) {
            output.append("  ")
            output.append(untrusted: PatternText.ending(pattern), fitting: width - 2)
            output.append("\n      ")
            output.append(untrusted: PatternText.cause(pattern), fitting: width - 6)
            output.append("\n")
        }
        if patterns.count > Self.maximumPatterns {
            output.append("  … and ")
            output.append(decimal: Int64(patterns.count - Self.maximumPatterns))
            output.append(" more\n")
        }
    }

    /// Text of one column a byte, right-aligned.
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
