/// How a stream ends.
extension WebSocketStream {
    /// Checks what the end of the stream leaves unfinished, as far as it arrived: the first bytes of a header, or a
    /// text.
    ///
    /// Call ``next(_:resources:)`` afterwards.
    public mutating func judgeUnfinished() {
        switch place {
        case .lost, .start: return
        case .payload(var payload):
            violations = payload.violations
            payload.violations = PendingViolations()
            place = .payload(payload)
            if messages.isTextBroken { violations.insert(.textNotUTF8) }
        case .header(let reader):
            violations = PendingViolations()
            if messages.isTextBroken { violations.insert(.textNotUTF8) }
            guard let header = reader.unfinished(from: sender) else { break }
            frame.streamOffset = streamOffset &- UInt64(header.byteCount)
            frame.index = frameCount
            check(header, header.opcode)
            // The key is incomplete.
            violations.remove(.zeroMaskingKey)
            violations.remove(.repeatedMaskingKey)
        }
        hasPending = hasPending || !violations.isEmpty
    }

    /// Ends the stream: releases what it keeps, and returns the message that it leaves unfinished.
    ///
    /// The payload so far is in ``messagePayload`` until ``release(resources:)``.
    public mutating func finish(resources: inout StreamResources) -> Message? {
        kept.release(&resources.payloads)
        let message = messages.abandon(isCut: false)
        if message == nil { messages.releaseKept(&resources) }
        messages.endCompression(&resources)
        return message
    }

    /// Releases the payload of the message that ``finish(resources:)`` returned.
    public mutating func release(resources: inout StreamResources) {
        messages.releaseKept(&resources)
    }
}
