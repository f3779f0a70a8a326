import WebSocketProtocol

extension Finding {
    /// What a broken rule of framing says to a person.
    init(_ violation: Violation, from role: Role, streamOffset: UInt64, frameIndex: UInt64) {
        self.init(
            rule: violation.rule, severity: violation.severity, reference: violation.reference, text: violation.text,
            from: role, streamOffset: streamOffset, frameIndex: frameIndex)
    }
}

extension Violation {
    /// How much it matters.
    var severity: Finding.Severity {
        switch self {
        case .zeroMaskingKey, .repeatedMaskingKey: .note
        case .inflateBomb, .messageLimit, .controlPayloadLimit, .compressionLimit: .warning
        default: .error
        }
    }
}
