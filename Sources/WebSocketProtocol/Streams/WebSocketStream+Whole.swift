import BasicContainers
public import WireFormat

/// The short way for the most common of all messages.
extension WebSocketStream {
    /// Takes a message that is one frame and here as a whole, if that is what comes next and it breaks no rule; else
    /// takes nothing, and ``next(_:resources:)`` goes on.
    ///
    /// Nobody needs to call it: without, the same is told as a frame and a message.
    public mutating func nextWhole(_ input: inout ByteCursor, resources: inout StreamResources) -> WholeMessage? {
        guard isBetweenFrames, let header = FrameHeader(input.rest) else { return nil }
        let opcode = header.opcode
        let count = input.count &- header.byteCount
        // FIN and no reserved bit; text or binary.
        guard header.firstByte == 0x81 || header.firstByte == 0x82, header.hasMinimalLength,
            header.payloadLength <= UInt64(count), header.isMasked == (sender == .client),
            !hasSentClose, !messages.isInMessage
        else { return nil }
        let length = Int(header.payloadLength)
        let start = input.offset &+ header.byteCount
        let payload = input.bytes.extracting(start..<(start &+ length))
        let lentCount = min(length, demand.bytes)
        var inputOffset: Int? = start
        if let key = header.maskingKey {
            guard key != 0, key != lastMaskingKey, length <= StreamResources.pieceLength else { return nil }
            inputOffset = nil
            let unmaskedCount = opcode == .text ? length : lentCount
            var masking = Masking(maskingKey: key)
            resources.unmasked.removeAll(keepingCapacity: true)
            if unmaskedCount > 0 {
                resources.unmasked.append(addingCount: unmaskedCount) {
                    masking.unmask(payload.extracting(first: unmaskedCount), into: &$0)
                }
            }
            guard opcode != .text || UTF8Validator.isValid(resources.unmasked.span) else { return nil }
            resources.unmasked.removeLast(unmaskedCount &- lentCount)
            lastMaskingKey = key
        } else {
            guard opcode != .text || UTF8Validator.isValid(payload) else { return nil }
        }
        let whole = WholeMessage(
            frame: Frame(header: header, streamOffset: streamOffset, index: frameCount, missing: 0, origin: origin),
            inputOffset: inputOffset, lentCount: lentCount, showsFrame: demand.includesFrames)
        input.skip(header.byteCount &+ length)
        streamOffset &+= UInt64(header.byteCount &+ length)
        frameCount &+= 1
        isMessageUnknown = false
        return whole
    }
}
