import CaptureAnalysis

/// The findings of the page, grouped by rule.
extension SummaryFormat {
    mutating func writeFindings() {
        let groups = findings.groups
        guard !groups.isEmpty else { return }
        heading("findings\n")
        for group in groups { write(group) }
        if findings.omitted > 0 {
            output.append("         … and ")
            output.append(decimal: findings.omitted)
            output.append(" of further rules\n")
        }
    }

    private mutating func write(_ group: FindingTable.Group) {
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
        output.append(
            wrapping: "\(group.first.rule) (\(group.first.reference))", from: 18, indent: 9, width: width)
        output.append("\n         ")
        let place = group.connection > 0 ? "#\(group.connection), packet \(group.packet)" : "packet \(group.packet)"
        let first = group.count > 1 ? "first \(place)" : place
        output.append(wrapping: "\(first): \(group.first.text)", from: 9, indent: 9, width: width)
        output.append("\n")
    }
}
