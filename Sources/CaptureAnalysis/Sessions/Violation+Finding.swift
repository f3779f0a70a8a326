import WebSocketProtocol

extension Finding {
    /// What a broken rule of framing says to a person.
    init(_ violation: Violation, from role: Role, streamOffset: UInt64, frameIndex: UInt64) {
        let severity: Severity =
            switch violation {
            case .zeroMaskingKey, .repeatedMaskingKey: .note
            case .inflateBomb, .messageLimit, .controlPayloadLimit, .compressionLimit: .warning
            default: .error
            }
        self.init(
            rule: violation.rule, severity: severity, reference: violation.reference, text: violation.text, from: role,
            streamOffset: streamOffset, frameIndex: frameIndex)
    }
}
