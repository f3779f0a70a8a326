import CaptureAnalysis

/// The page itself.
extension SummaryFormat {
    private var width: Int { max(options.width, Self.minimumWidth) }

    mutating func write(_ summary: Summary) {
        writeTotals(summary)
        writeSessions()
        writePatterns(summary.patterns)
        writeFindings()
    }

    private mutating func writeTotals(_ summary: Summary) {
        line("capture", sources.joined(separator: ", "))
        line(
            "packets",
            "\(summary.packets), \(Quantity.bytes(summary.bytes)) in \(Quantity.seconds(summary.duration))"
                + (summary.unreadablePackets > 0 ? "; \(summary.unreadablePackets) unreadable" : ""))
        line(
            "connections",
            "\(summary.tcpConnections) TCP, \(summary.webSocketConnections) with WebSocket"
                + others(summary.others)
                + (summary.connectionsGivenUp > 0 ? "; \(summary.connectionsGivenUp) given up at a bound" : ""))
        line(
            "WebSocket",
            Quantity.count(summary.frames, "frame") + ", " + Quantity.count(summary.messages, "message") + " of "
                + Quantity.bytes(summary.payloadBytes))
        if let words = compression.words { line("compression", words) }
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

    /// A total: its name in twelve columns, then its words.
    private mutating func line(_ name: String, _ words: String) {
        output.append(verbatim: name)
        output.append(repeating: UInt8(ascii: " "), count: 13 - name.utf8.count)
        output.append(untrusted: words, fitting: width - 13)
        output.append("\n")
    }

    /// The table of sessions: the numbers, who (beside them where there is room), the verdict.
    private mutating func writeSessions() {
        guard sessions.count > 0 else { return }
        heading("     #    duration  frames →      ←   payload →         ←   ping p50\n")
        for row in sessions.rows {
            write(row)
        }
        if sessions.omitted > 0 {
            output.append("     … and ")
            output.append(decimal: sessions.omitted)
            output.append(" more\n")
        }
    }

    private mutating func write(_ row: SessionRow) {
        guard let ending = row.ending else { return }
        let start = output.count
        right("\(row.connection)", 6)
        right(Quantity.seconds(ending.duration), 12)
        right("\(ending.framesFromClient)", 10)
        right("\(ending.framesFromServer)", 7)
        right(Quantity.bytes(ending.bytesFromClient), 12)
        right(Quantity.bytes(ending.bytesFromServer), 10)
        right(ending.medianRoundTrip.map(Quantity.duration) ?? "-", 11)
        let left = width - (output.count - start) - 2
        let who = row.url.isEmpty ? row.peers : "\(row.peers)  \(row.url)"
        if left >= 60 {
            output.append("  ")
            output.append(untrusted: who, fitting: left)
        } else {
            output.append("\n      ")
            output.append(untrusted: who, fitting: width - 6)
        }
        output.append("\n      ")
        let sentence = VerdictText.sentence(ending.verdict, upgrade: row.upgrade)
        output.append(untrusted: sentence, fitting: width - 6)
        output.append("\n")
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
    private mutating func right(_ text: String, _ columns: Int) {
        output.append(repeating: UInt8(ascii: " "), count: max(columns - text.utf8.count, 1))
        output.append(verbatim: text)
    }

    private mutating func writeFindings() {
        let groups = findings.groups
        guard !groups.isEmpty else { return }
        heading("findings\n")
        for group in groups {
            right("\(group.count)", 6)
            output.append(" × ")
            let style: TextStyle? =
                switch group.severity {
                case _ where !options.hasColor: nil
                case .note: .note
                case .warning: .warning
                case .error: .error
                }
            output.begin(style)
            output.append(verbatim: group.severity.rawValue)
            output.end(style)
            output.append(repeating: UInt8(ascii: " "), count: 9 - group.severity.rawValue.utf8.count)
            output.append(untrusted: "\(group.first.rule) (\(group.first.reference))", fitting: width - 18)
            output.append("\n         ")
            let place = group.connection > 0 ? "#\(group.connection), packet \(group.packet)" : "packet \(group.packet)"
            output.append(untrusted: "\(place): \(group.first.text)", fitting: width - 9)
            output.append("\n")
        }
        if findings.omitted > 0 {
            output.append("         … and ")
            output.append(decimal: findings.omitted)
            output.append(" of further rules\n")
        }
    }

    private mutating func heading(_ text: StaticString) {
        let style: TextStyle? = options.hasColor ? .heading : nil
        output.append("\n")
        output.begin(style)
        output.append(text)
        output.end(style)
    }
}
