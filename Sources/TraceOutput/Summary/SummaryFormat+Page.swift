import CaptureAnalysis

/// The page, and the totals at its top.
extension SummaryFormat {
    /// The columns of a line.
    var width: Int { max(options.width, Self.minimumWidth) }

    mutating func write(_ summary: Summary) {
        writeTotals(summary)
        writeEndings()
        writeSessions()
        writePatterns(summary.patterns)
        writeFindings()
    }

    private mutating func writeTotals(_ summary: Summary) {
        for total in counts.totals(summary) { line(total.name, total.text) }
    }

    /// A total: its name in twelve columns, then its text.
    private mutating func line(_ name: String, _ text: String) {
        output.append(verbatim: name)
        output.append(repeating: UInt8(ascii: " "), count: 13 - name.utf8.count)
        output.append(wrapping: text, from: 13, indent: 13, width: width)
        output.append("\n")
    }

    /// How sessions ended, if there are too many to see at a glance.
    private mutating func writeEndings() {
        guard counts.endings.count > Self.glance else { return }
        heading("endings\n")
        let groups = counts.endings.largestFirst
        let shown = groups.prefix(Self.shownEndings)
        for group in shown {
            right("\(group.count)", 6)
            output.append(" × ")
            let examples = group.examples.map { "#\($0.number)" }.joined(separator: ", ")
            let more = group.count > UInt64(group.examples.count) ? ", …" : ""
            let kind = VerdictMessage.text(VerdictMessage.common(group.verdict), upgrade: group.upgrade)
            output.append(wrapping: "\(kind): \(examples)\(more)", from: 9, indent: 9, width: width)
            output.append("\n")
        }
        let others = counts.endings.count - shown.reduce(0) { $0 + $1.count }
        if others > 0 {
            right("\(others)", 6)
            output.append(wrapping: " × others", from: 6, indent: 9, width: width)
            output.append("\n")
        }
    }

    /// Endings that repeat.
    private mutating func writePatterns(_ patterns: [EndingPattern]) {
        guard !patterns.isEmpty else { return }
        heading("patterns\n")
        for pattern in patterns.prefix(Self.maximumPatterns) {
            output.append("  ")
            output.append(untrusted: PatternMessage.ending(pattern), fitting: width - 2)
            output.append("\n      ")
            output.append(untrusted: PatternMessage.cause(pattern), fitting: width - 6)
            output.append("\n")
        }
        if patterns.count > Self.maximumPatterns {
            output.append("  … and ")
            output.append(decimal: Int64(patterns.count - Self.maximumPatterns))
            output.append(" more\n")
        }
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
