/// A rule of RFC 6455 or RFC 7692 that a frame or message breaks.
///
/// Frames after it are still read, unless the case says otherwise.
public enum Violation: UInt8, CaseIterable, Hashable, Sendable {
    // Frames: reported when the header is complete.
    /// A client sent a frame without a mask (RFC 6455 5.1).
    case clientUnmasked
    /// A server masked a frame (RFC 6455 5.1).
    case serverMasked
    /// A reserved bit is set that no negotiated extension uses (RFC 6455 5.2).
    case reservedBits
    /// The opcode is reserved (RFC 6455 5.2, 11.8).
    case reservedOpcode
    /// A control frame is marked as compressed (RFC 7692 6.1).
    case compressedControl
    /// A continuation is marked as compressed: only the first frame of a message may be (RFC 7692 6.1).
    case compressedContinuation
    /// A control frame is a fragment (RFC 6455 5.5).
    case controlFragmented
    /// A control frame claims more than 125 bytes (RFC 6455 5.5).
    case controlTooLong
    /// The payload length is in a longer form than it needs (RFC 6455 5.2).
    case lengthNotMinimal
    /// The top bit of the 64-bit payload length is set (RFC 6455 5.2).
    case lengthTopBit
    /// A continuation without a message to continue (RFC 6455 5.4).
    case continuationWithoutStart
    /// A message begins before the previous one has ended (RFC 6455 5.4).
    case messageInsideMessage
    /// A frame follows the sender's Close frame (RFC 6455 5.5.1).
    case frameAfterClose
    /// The masking key is 0 (RFC 6455 5.3, 10.3).
    case zeroMaskingKey
    /// The masking key is that of the previous frame (RFC 6455 5.3, 10.3).
    case repeatedMaskingKey
    /// The header breaks so many rules that it is not one; nothing is decoded after it.
    case implausible
    // Payloads: reported when the frame or message is complete.
    /// The body of a Close frame is a single byte, too short for a code (RFC 6455 5.5.1).
    case closePayloadOneByte
    /// A Close frame has a code that may not be sent (RFC 6455 7.4).
    case closeCodeNotAllowed
    /// A code that may not be sent would be allowed with its bytes swapped.
    case closeCodeByteOrder
    /// A code that may not be sent is the start of an allowed code, written in digits.
    case closeCodeDigits
    /// The reason in a Close frame is not UTF-8 (RFC 6455 5.5.1, 8.1).
    case closeReasonNotUTF8
    /// A text message is not UTF-8 (RFC 6455 5.6, 8.1).
    case textNotUTF8
    /// A compressed message cannot be inflated (RFC 7692 7.2.2).
    case deflateBroken
    /// The compressed data of a message ends inside a block (RFC 7692 7.2.1).
    case deflateUnfinished
    /// A compressed message refers beyond the negotiated window (RFC 7692 7.1.2).
    case windowExceeded
    // Limits of the analyzer: reported when reached.
    /// A message inflates beyond ``StreamLimits/inflatedMessage`` or ``StreamLimits/inflateRatio``; it is withheld.
    case inflateBomb
    /// A message is longer than ``StreamLimits/message``: the rest is not kept.
    case messageLimit
    /// A control frame is longer than ``StreamLimits/controlPayload``: the rest is not kept.
    case controlPayloadLimit
    /// There is no memory for inflating; messages of the stream are withheld.
    case compressionLimit
}

/// A set of violations, removed in the order in which they are declared.
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
