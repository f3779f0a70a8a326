import CaptureAnalysis

/// The page, and the totals at its top.
extension SummaryFormat {
    /// The columns of a line.
    var width: Int { max(options.width, Self.minimumWidth) }

    mutating func write(_ summary: Summary) {
        for session in summary.proxiedSessions {
            for connection in session.connections { sessionsOfLegs[connection] = session }
        }
        for total in counts.totals(summary) { line(total.name, total.text) }
        writeEndings()
        writePatterns(summary)
        writeServers(summary)
        writeEncrypted(summary)
        writeSessions()
        writeFindings()
    }

    /// A total: its name in twelve columns, then its text.
    private mutating func line(_ name: String, _ text: String) {
        output.append(verbatim: name)
        output.append(repeating: UInt8(ascii: " "), count: 13 - name.utf8.count)
        output.append(wrapping: text, from: 13, indent: 13, width: width)
        output.append("\n")
    }

    /// Writes how sessions ended, if there are too many to see at a glance: each kind, then where and when.
    private mutating func writeEndings() {
        guard counts.endings.count > Self.glance else { return }
        heading("endings\n")
        for group in counts.endings.byConcern {
            right("\(group.count)", 6)
            output.append(" × ")
            let kind = VerdictMessage.commonText(group.verdict, upgrade: group.upgrade)
            output.append(wrapping: kind, from: 9, indent: 9, width: width)
            output.append("\n")
            writePlaces(of: group)
        }
        if counts.endings.omitted > 0 {
            right("\(counts.endings.omitted)", 6)
            output.append(wrapping: " × others", from: 6, indent: 9, width: width)
            output.append("\n")
        }
    }

    /// Writes the servers and paths of sessions that ended alike, and when.
    private mutating func writePlaces(of group: EndingTable.Group) {
        let (places, others) = group.largestPlaces(Self.shownPlaces)
        for place in places {
            var words = place.server.map { "\($0)\(place.path)" } ?? "not followed"
            if group.count > place.count { words += " (\(place.count))" }
            let (first, last) = (Quantity.seconds(place.times.lowerBound), Quantity.seconds(place.times.upperBound))
            words += first == last ? ", at \(first)" : ", \(first) to \(last)"
            words += ": " + place.examples.map { "#\($0)" }.joined(separator: ", ")
            if place.count > UInt64(place.examples.count) { words += ", …" }
            output.append(repeating: UInt8(ascii: " "), count: 11)
            output.append(wrapping: words, from: 11, indent: 13, width: width)
            output.append("\n")
        }
        guard others > 0 else { return }
        output.append(repeating: UInt8(ascii: " "), count: 11)
        output.append(wrapping: "\(others) at other servers and paths", from: 11, indent: 13, width: width)
        output.append("\n")
    }

    /// Writes endings that repeat.
    private mutating func writePatterns(_ summary: Summary) {
        let proxies = ProxyMessages.lines(summary.proxiedSessions)
        guard !summary.patterns.isEmpty || !proxies.isEmpty else { return }
        heading("patterns\n")
        for line in proxies.prefix(CaptureCounts.maximumPatterns) {
            output.append("  ")
            output.append(wrapping: line, from: 2, indent: 6, width: width)
            output.append("\n")
        }
        for pattern in summary.patterns { write(pattern, of: "session") }
    }

    private mutating func write(_ pattern: EndingPattern, of noun: String) {
        output.append("  ")
        output.append(wrapping: PatternMessage.ending(pattern, of: noun), from: 2, indent: 6, width: width)
        output.append("\n      ")
        output.append(wrapping: PatternMessage.cause(pattern), from: 6, indent: 6, width: width)
        output.append("\n")
    }

    /// Writes the TLS connections that were not decrypted, by server, and how they ended alike.
    private mutating func writeEncrypted(_ summary: Summary) {
        guard !summary.encryptedServers.isEmpty else { return }
        heading("not decrypted\n")
        write(.encrypted(summary))
        for pattern in summary.encryptedPatterns.prefix(CaptureCounts.maximumPatterns) {
            write(pattern, of: "TLS connection")
        }
    }

    /// Writes the servers that refused or did not answer, or that use polling or event streams instead of WebSocket.
    private mutating func writeServers(_ summary: Summary) {
        let servers = ServerLines.troubled(summary)
        guard !servers.lines.isEmpty else { return }
        heading("servers\n")
        write(servers)
    }

    private mutating func write(_ servers: ServerLines) {
        for line in servers.lines {
            output.append("  ")
            output.append(wrapping: line, from: 2, indent: 6, width: width)
            output.append("\n")
        }
        guard let rest = servers.rest else { return }
        output.append("  ")
        output.append(verbatim: rest)
        output.append("\n")
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
