import BasicContainers
public import WireFormat

/// The fast path for the most common kind of message.
extension WebSocketStream {
    /// Takes the next message if it is a single frame, complete in `input` and without violations; otherwise takes
    /// nothing, and ``next(_:resources:)`` continues.
    ///
    /// Optional: ``next(_:resources:)`` alone reports the same as a frame and a message.
    public mutating func nextSingleFrameMessage(
        _ input: inout ByteCursor, resources: inout StreamResources
    ) -> SingleFrameMessage? {
        guard let header = FastPathHeader(input, from: sender), mayBeginMessage else { return nil }
        let lentCount = min(header.length, demand.bytes)
        // Beyond a limit, the result must not depend on how the bytes are cut.
        guard lentCount <= messages.limits.message, lentCount <= resources.keepable,
            isSound(header, input, unmasking: lentCount, &resources)
        else { return nil }
        if header.isMasked {
            resources.unmasked.removeLast(resources.unmasked.count &- lentCount)
            lastMaskingKey = header.maskingKey
        }
        let message = SingleFrameMessage(
            frame: Frame(
                header: FrameHeader(
                    firstByte: header.firstByte, maskingKey: header.isMasked ? header.maskingKey : nil,
                    payloadLength: UInt64(header.length), hasMinimalLength: true, byteCount: header.byteCount),
                streamOffset: streamOffset, index: frameCount, missing: 0, origin: origin),
            inputOffset: header.isMasked ? nil : input.offset &+ header.byteCount, lentCount: lentCount,
            showsFrame: demand.includesFrames)
        advance(past: header, &input)
        return message
    }

    /// Takes a message as ``nextSingleFrameMessage(_:resources:)`` does, for callers that need only its kind and
    /// length.
    ///
    /// - Returns: Its opcode, and the length of its payload in bytes; nil if nothing was taken.
    public mutating func skipSingleFrameMessage(
        _ input: inout ByteCursor, resources: inout StreamResources
    ) -> (opcode: Opcode, length: Int)? {
        guard let header = FastPathHeader(input, from: sender), mayBeginMessage,
            isSound(header, input, unmasking: 0, &resources)
        else { return nil }
        if header.isMasked { lastMaskingKey = header.maskingKey }
        advance(past: header, &input)
        return (Opcode(rawValue: header.firstByte), header.length)
    }

    /// Whether a message may come next.
    @inline(__always)
    private var mayBeginMessage: Bool { isBetweenFrames && !hasSentClose && !messages.isInMessage }

    /// Whether the frame breaks no rule.
    ///
    /// If so, and if it is masked, `resources` then hold its first `unmasking` bytes unmasked, or all of them if it is
    /// text.
    @inline(__always)
    private mutating func isSound(
        _ header: FastPathHeader, _ input: borrowing ByteCursor, unmasking: Int, _ resources: inout StreamResources
    ) -> Bool {
        let start = input.offset &+ header.byteCount
        let payload = input.bytes.extracting(start..<(start &+ header.length))
        let isText = header.firstByte == 0x81
        guard header.isMasked else { return !isText || UTF8Validator.isValid(payload) }
        guard header.maskingKey != 0, header.maskingKey != lastMaskingKey, header.length <= StreamResources.pieceLength
        else { return false }
        let count = isText ? header.length : unmasking
        resources.unmasked.removeAll(keepingCapacity: true)
        guard count > 0 else { return true }
        var masking = Masking(maskingKey: header.maskingKey)
        var isASCII = true
        resources.unmasked.append(addingCount: count) {
            isASCII = masking.unmask(payload.extracting(first: count), into: &$0)
        }
        return !isText || isASCII || UTF8Validator.isValid(resources.unmasked.span)
    }

    @inline(__always)
    private mutating func advance(past header: FastPathHeader, _ input: inout ByteCursor) {
        let count = header.byteCount &+ header.length
        input.skip(count)
        streamOffset &+= UInt64(count)
        frameCount &+= 1
        countDataFrame(header.firstByte, length: UInt64(header.length))
        messages.passMessage()
    }
}

/// The header of a message that is a single frame and complete.
private struct FastPathHeader {
    let firstByte: UInt8
    let isMasked: Bool
    /// The masking key; 0 if there is none.
    let maskingKey: UInt32
    let byteCount: Int
    /// The payload's length in bytes.
    let length: Int

    /// Reads the next header; nil if it is not that of a text or binary message in a single frame, is malformed, or
    /// claims more than 65,535 bytes or more than are there.
    @inline(__always)
    init?(_ input: borrowing ByteCursor, from sender: Role) {
        let rest = input.rest
        guard rest.count >= 2 else { return nil }
        // FIN without reserved bits; text or binary.
        firstByte = rest[0]
        guard firstByte == 0x81 || firstByte == 0x82 else { return nil }
        // RFC 6455 5.1: clients mask, servers don't.
        isMasked = rest[1] & 0x80 != 0
        guard isMasked == (sender == .client) else { return nil }
        let keyLength = isMasked ? 4 : 0
        switch rest[1] & 0x7f {
        case 127: return nil
        case 126:
            byteCount = 4 &+ keyLength
            guard rest.count >= byteCount else { return nil }
            length = Int(rest.bigEndianUInt16(at: 2))
            // RFC 6455 5.2: the shortest form is required.
            guard length > 125 else { return nil }
        case let short:
            byteCount = 2 &+ keyLength
            guard rest.count >= byteCount else { return nil }
            length = Int(short)
        }
        guard length <= rest.count &- byteCount else { return nil }
        maskingKey = isMasked ? rest.bigEndianUInt32(at: byteCount &- 4) : 0
    }
}
