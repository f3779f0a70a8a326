/// A payload that has begun and not ended.
struct OpenPayload {
    /// Bytes still to come.
    var remaining: UInt64
    /// What the payload breaks, reported after the frame, however its bytes are cut.
    var violations = PendingViolations()
    /// Unmasks what comes next; nil if the frame is not masked.
    var mask: Masking?
    /// Whether a gap reaches beyond the end of the frame.
    var endsInGap = false
}

/// Where the payload of the frame that began last goes.
enum PayloadUse: UInt8 {
    /// To the frame: it belongs to no message.
    case frame
    /// To the message, and to the frame as well if frames' own payloads are demanded.
    case message
    /// To the message alone, which is this one frame as it stands: no need to keep it twice.
    case wholeMessage
}
