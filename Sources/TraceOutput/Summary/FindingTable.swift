import CaptureAnalysis
import WireFormat

/// The findings of a capture, grouped by rule.
struct FindingTable {
    /// The findings of one rule.
    struct Group {
        /// The first.
        var first: Finding
        /// The first one's packet.
        var packet: UInt64
        /// The first one's session; ``SessionID/none`` if it has none.
        var session: SessionID
        /// The number of findings.
        var count: UInt64
        /// The worst severity.
        var severity: Finding.Severity
    }

    /// The most rules.
    let maximumRules: Int
    private var groupsByRule: [String: Group] = [:]
    /// The number of findings of rules beyond ``maximumRules``.
    private(set) var omitted: UInt64 = 0

    /// Creates an empty table.
    init(maximumRules: Int) {
        self.maximumRules = maximumRules
    }

    /// The groups, most severe first, then by rule.
    var groups: [Group] {
        groupsByRule.values.sorted { left, right in
            left.severity == right.severity ? left.first.rule < right.first.rule : left.severity > right.severity
        }
    }

    mutating func record(_ finding: borrowing Finding, at context: borrowing EventContext) {
        let severity = finding.severity
        if let index = groupsByRule.index(forKey: finding.rule) {
            groupsByRule.values[index].count += 1
            groupsByRule.values[index].severity = max(groupsByRule.values[index].severity, severity)
        } else if groupsByRule.count < maximumRules {
            groupsByRule[finding.rule] = Group(
                first: copy finding, packet: context.place(of: finding.origin).packet, session: context.session,
                count: 1,
                severity: severity)
        } else {
            omitted += 1
        }
    }
}

/// The findings of the page, grouped by rule.
extension SummaryFormat {
    mutating func writeFindings() {
        let groups = counts.findings.groups
        guard !groups.isEmpty else { return }
        heading("findings\n")
        for group in groups { write(group) }
        if counts.findings.omitted > 0 {
            output.append("         … and ")
            output.append(decimal: counts.findings.omitted)
            output.append(" of other rules\n")
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
        let place = group.session == .none ? "" : "#\(group.session), "
        let first = (group.count > 1 ? "first " : "") + place + "packet \(group.packet)"
        output.append(wrapping: "\(first): \(group.first.text)", from: 9, indent: 9, width: width)
        output.append("\n")
    }
}
