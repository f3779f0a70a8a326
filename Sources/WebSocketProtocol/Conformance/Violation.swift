/// A rule of RFC 6455 or RFC 7692 that a frame or message breaks.
///
/// Framing goes on behind it.
public enum Violation: UInt8, CaseIterable, Hashable, Sendable {
    // Frames, told when the header is complete.
    case clientUnmasked
    case serverMasked
    case reservedBits
    case reservedOpcode
    case compressedControl
    case compressedContinuation
    case controlFragmented
    case controlTooLong
    case lengthNotMinimal
    case lengthTopBit
    case continuationWithoutStart
    case messageInsideMessage
    case frameAfterClose
    case zeroMaskingKey
    case repeatedMaskingKey
    // Payloads, told when the frame or message is complete.
    case closePayloadOneByte
    case closeCodeNotAllowed
    case closeReasonNotUTF8
    case textNotUTF8
    case deflateBroken
    // Bounds of ours that were reached.
    case inflateBomb
    case messageLimit
    case controlPayloadLimit
    case compressionLimit

    /// The stable name of the rule in findings.
    public var rule: String {
        switch self {
        case .clientUnmasked: "masking.client-unmasked"
        case .serverMasked: "masking.server-masked"
        case .reservedBits: "frame.reserved-bits"
        case .reservedOpcode: "frame.reserved-opcode"
        case .compressedControl: "deflate.compressed-control"
        case .compressedContinuation: "deflate.compressed-continuation"
        case .controlFragmented: "control.fragmented"
        case .controlTooLong: "control.too-long"
        case .lengthNotMinimal: "frame.length-not-minimal"
        case .lengthTopBit: "frame.length-top-bit"
        case .continuationWithoutStart: "message.continuation-without-start"
        case .messageInsideMessage: "message.inside-message"
        case .frameAfterClose: "close.data-after-close"
        case .zeroMaskingKey: "masking.zero-key"
        case .repeatedMaskingKey: "masking.repeated-key"
        case .closePayloadOneByte: "close.one-byte"
        case .closeCodeNotAllowed: "close.code-not-allowed"
        case .closeReasonNotUTF8: "close.reason-not-utf8"
        case .textNotUTF8: "message.text-not-utf8"
        case .deflateBroken: "deflate.broken"
        case .inflateBomb: "deflate.bomb"
        case .messageLimit: "limit.message"
        case .controlPayloadLimit: "limit.control-payload"
        case .compressionLimit: "limit.compression"
        }
    }

    /// Where the rule is written.
    public var reference: String {
        switch self {
        case .clientUnmasked, .serverMasked: "RFC 6455 5.1"
        case .reservedBits, .reservedOpcode, .lengthNotMinimal, .lengthTopBit: "RFC 6455 5.2"
        case .zeroMaskingKey, .repeatedMaskingKey: "RFC 6455 5.3"
        case .continuationWithoutStart, .messageInsideMessage: "RFC 6455 5.4"
        case .controlFragmented, .controlTooLong: "RFC 6455 5.5"
        case .frameAfterClose, .closePayloadOneByte: "RFC 6455 5.5.1"
        case .closeCodeNotAllowed: "RFC 6455 7.4"
        case .closeReasonNotUTF8, .textNotUTF8: "RFC 6455 8.1"
        case .compressedControl, .compressedContinuation: "RFC 7692 6.1"
        case .deflateBroken: "RFC 7692 7.2.2"
        case .inflateBomb, .messageLimit, .controlPayloadLimit, .compressionLimit: "wstap limits"
        }
    }

    /// One sentence for a person.
    public var text: String {
        switch self {
        case .clientUnmasked: "The client sent a frame that is not masked."
        case .serverMasked: "The server sent a masked frame."
        case .reservedBits: "A reserved bit is set that no negotiated extension uses."
        case .reservedOpcode: "The opcode is reserved."
        case .compressedControl: "A control frame has the bit that marks compressed messages."
        case .compressedContinuation: "A continuation frame has the bit that marks compressed messages."
        case .controlFragmented: "A control frame is fragmented."
        case .controlTooLong: "A control frame has more than 125 bytes of payload."
        case .lengthNotMinimal: "The payload length is not in its shortest form."
        case .lengthTopBit: "The top bit of the 64-bit payload length is set."
        case .continuationWithoutStart: "A continuation frame stands outside of any message."
        case .messageInsideMessage: "A new message begins before the last one was finished."
        case .frameAfterClose: "A frame was sent after the sender's Close frame."
        case .zeroMaskingKey: "The masking key is zero."
        case .repeatedMaskingKey: "The masking key is the same as the frame's before."
        case .closePayloadOneByte: "The Close frame has a payload of one byte."
        case .closeCodeNotAllowed: "The Close frame has a code that must not be sent."
        case .closeReasonNotUTF8: "The reason in the Close frame is not UTF-8."
        case .textNotUTF8: "The text message is not UTF-8."
        case .deflateBroken: "The compressed message does not inflate."
        case .inflateBomb: "The message inflates beyond the limits; its payload is withheld."
        case .messageLimit: "The message is longer than what is kept of one; the rest is not shown."
        case .controlPayloadLimit: "The control frame's payload is longer than what is kept of one."
        case .compressionLimit:
            "Too many sessions compress at a time; compressed messages of this end are not inflated."
        }
    }
}

/// A set of violations, taken out in the order in which they are declared.
struct PendingViolations: Sendable {
    private var bits: UInt32 = 0

    var isEmpty: Bool { bits == 0 }

    mutating func insert(_ violation: Violation) {
        bits |= 1 &<< UInt32(violation.rawValue)
    }

    mutating func remove(_ violation: Violation) {
        bits &= ~(1 &<< UInt32(violation.rawValue))
    }

    mutating func popFirst() -> Violation? {
        guard bits != 0 else { return nil }
        let index = UInt8(truncatingIfNeeded: bits.trailingZeroBitCount)
        bits &= bits &- 1
        return Violation(rawValue: index)
    }
}
