/// A rule of RFC 6455 or RFC 7692 that a frame or message breaks.
///
/// Framing goes on after it, unless it says otherwise.
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
    /// So many rules are broken that this is no header; nothing is decoded after it.
    case implausible
    // Payloads, told when the frame or message is complete.
    case closePayloadOneByte
    case closeCodeNotAllowed
    case closeReasonNotUTF8
    case textNotUTF8
    case deflateBroken
    case deflateUnfinished
    case windowExceeded
    // Bounds of ours that were reached.
    case inflateBomb
    case messageLimit
    case controlPayloadLimit
    case compressionLimit
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
