/// How a stream continues where the capture lacks bytes.
extension WebSocketStream {
    /// Skips the next `length` bytes of the stream, which the capture lacks; call ``next(_:resources:)`` afterwards.
    ///
    /// - Returns: Whether the position after the gap is proven: inside the payload of the frame whose length is known,
    ///   or right after it. If not, the stream is lost.
    public mutating func skip(_ length: UInt64, resources: inout StreamResources) -> Bool {
        guard length > 0 else { return !isLost }
        streamOffset &+= length
        switch place {
        case .payload(var payload):
            let missing = min(length, payload.remaining)
            frame.missing &+= missing
            payload.mask?.skip(missing)
            if payloadUse != .frame { messages.skip(missing) }
            payload.remaining &-= missing
            // All bytes of the frame are then accounted for; those after it are not.
            if length > missing { payload.endsInGap = true }
            place = .payload(payload)
            return length == missing
        case .header, .start:
            lose(resources: &resources)
            return false
        case .lost:
            return false
        }
    }

    /// Gives up the position in the stream: bytes are skipped until ``resume(at:)``.
    ///
    /// No more of the current message will be seen, and its kept bytes will not be shown.
    public mutating func lose(resources: inout StreamResources) {
        place = .lost
        if endedMessage == nil { endedMessage = messages.abandon(isCut: true) }
        hasPending = hasPending || endedMessage != nil
        messages.loseContext()
        messages.releaseKept(&resources)
    }

    /// Resumes after a gap, where a frame begins.
    ///
    /// - Parameter offset: The offset of that frame: bytes from the first byte of the TCP stream.
    public mutating func resume(at offset: UInt64) {
        streamOffset = offset
        place = .header(FrameHeaderReader())
        hasBegun = true
        messages.resume()
        lastMaskingKey = nil
    }
}
