/// A payload that has begun but not ended.
struct OpenPayload {
    /// Bytes still to come.
    var remaining: UInt64
    /// The rules that the payload breaks, reported after the frame however its bytes are cut.
    var violations = PendingViolations()
    /// Unmasks the next bytes; nil if the frame is not masked.
    var mask: Masking?
    /// Whether a gap extends beyond the end of the frame.
    var endsInGap = false
}

/// Where the payload of the latest frame goes.
enum PayloadUse: UInt8 {
    /// To the frame: it belongs to no message.
    case frame
    /// To the message, and also to the frame if frame payloads are demanded.
    case message
    /// To the message alone, which consists of just this frame: no need to keep the bytes twice.
    case wholeMessage
}
