import CaptureAnalysis

/// What the page shows besides sessions: servers in trouble, and TLS that could not be read.
extension HTMLFormat {
    mutating func writeServers(_ summary: Summary) {
        write(.troubled(summary), id: "h-servers", heading: "Servers", patterns: [])
        write(.encrypted(summary), id: "h-encrypted", heading: "Not decrypted", patterns: summary.encryptedPatterns)
    }

    private mutating func write(
        _ servers: ServerLines, id: StaticString, heading: StaticString, patterns: [EndingPattern]
    ) {
        guard !servers.lines.isEmpty else { return }
        output.append("<section aria-labelledby=\"")
        output.append(id)
        output.append("\">\n<h2 id=\"")
        output.append(id)
        output.append("\">")
        output.append(heading)
        output.append("</h2>\n<ul>\n")
        for line in servers.lines { item(line) }
        for pattern in patterns.prefix(CaptureCounts.maximumPatterns) {
            item("\(PatternMessage.ending(pattern, of: "TLS connection")); \(PatternMessage.cause(pattern))")
        }
        output.append("</ul>\n")
        if let rest = servers.rest { paragraph(rest) }
        output.append("</section>\n")
    }

    private mutating func item(_ text: String) {
        output.append("<li>")
        output.append(htmlText: text)
        output.append("</li>\n")
    }
}
