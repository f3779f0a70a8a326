package import WireFormat

/// A final response to a request to upgrade (RFC 6455 4.2.2), or to a plain one that is reported, as HTTP/1.1 sees it.
package struct HTTPResponse: Hashable, Sendable {
    /// The status: 101, or why not.
    package var status: Int
    /// The version of HTTP: "1.1", "1.0".
    package var httpVersion: String
    /// The header fields.
    package var header: HTTPFields
    /// The value of Sec-WebSocket-Accept.
    package var accept: String?
    /// Whether there is an Upgrade field.
    var hasUpgrade: Bool
    /// Whether an Upgrade field names WebSocket.
    var namesWebSocket: Bool
    /// Whether a Connection field names the upgrade.
    var namesUpgrade: Bool
    /// Whether Sec-WebSocket-Accept occurs more than once.
    var isAcceptRepeated: Bool
    /// Whether there is a field that frames a body.
    var hasBodyField: Bool
}

extension HTTPResponse {
    /// Reads the complete head of a response whose first line is `line`.
    init(_ line: StatusLine, _ facts: HeadFacts, head: Span<UInt8>) {
        let fields = facts.upgrade
        hasBodyField = facts.hasBodyField
        header = HTTPFields(head, after: line.end, marks: fields.negotiation)
        status = line.status
        httpVersion = head.string(line.version)
        accept = fields.accept?.text(in: head)
        isAcceptRepeated = fields.acceptCount > 1
        hasUpgrade = fields.hasUpgrade
        namesWebSocket = fields.namesWebSocket
        namesUpgrade = fields.namesUpgrade
    }

    /// The rules that the response breaks if it accepts an upgrade.
    func violations(isAcceptValid: Bool) -> [UpgradeViolation] {
        var violations: [UpgradeViolation] = []
        if !namesWebSocket { violations.append(.upgradeHeaderMissing) }
        if !namesUpgrade { violations.append(.connectionHeaderMissing) }
        if accept == nil {
            violations.append(.acceptMissing)
        } else if !isAcceptValid {
            violations.append(.acceptWrong)
        }
        if isAcceptRepeated { violations.append(.acceptRepeated) }
        if httpVersion < "1.1" { violations.append(.responseVersion) }
        if hasBodyField { violations.append(.bodyIn101) }
        return violations
    }
}
