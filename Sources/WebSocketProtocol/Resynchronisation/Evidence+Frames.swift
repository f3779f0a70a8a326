import WireFormat

/// The evidence of a frame: its header, and the start of its payload.
extension Evidence {
    /// The evidence of a header.
    ///
    /// - Parameters:
    ///   - header: The header.
    ///   - rarity: The evidence, in bits, that a header is where one is due.
    ///   - model: What the stream's bytes are if they are not frames.
    ///   - lastKey: The previous frame's masking key.
    ///   - isRepeat: Whether the frame looks like an earlier one.
    /// - Returns: Bits.
    static func bits(
        ofHeader header: FrameHeader, _ rarity: Int, _ model: borrowing ByteModel, lastKey: UInt32, isRepeat: Bool
    ) -> Int {
        if let key = header.maskingKey {
            // Keys are random (RFC 6455 5.3): a byte that the previous key has at the same position suggests repeating
            // data.
            guard !(key ^ lastKey).hasZeroByte else { return 0 }
            let surprise = (0..<4).reduce(0) { $0 + model.surprise(of: UInt8(truncatingIfNeeded: key &>> ($1 &* 8))) }
            guard surprise >= keySurprise * 10 else { return 0 }
        }
        // Zero is the most common byte of all, and 16-bit and 32-bit lengths begin with it.
        if header.firstByte == 0, header.payloadLength < 126 { return 0 }
        if isRepeat { return min(repeatedHeader, rarity) }
        return header.payloadLength < 4 && !header.isMasked ? tinyFrame : rarity
    }

    /// The evidence of a payload.
    ///
    /// - Parameters:
    ///   - payload: As much of it as is known.
    ///   - header: The frame's header.
    ///   - model: What the stream's bytes are if they are not frames.
    ///   - isCommonKey: Whether the client seems to mask all frames with this frame's key.
    ///   - isHeaderProven: Whether the header itself is evidence.
    /// - Returns: Bits; nil if such a frame cannot have this payload.
    static func bits(
        ofPayload payload: Span<UInt8>, _ header: FrameHeader, _ model: borrowing ByteModel, isCommonKey: Bool,
        isHeaderProven: Bool
    ) -> Int? {
        let count = min(payload.count, 128)
        guard header.opcode == .text || header.opcode == .close else { return 0 }
        guard let key = header.maskingKey else {
            return bits(ofBeginning: payload.extracting(first: count), header, textBits: 0)
        }
        let masked = payload.extracting(first: count)
        let bytes = InlineArray<128, UInt8> { output in
            var masking = Masking(maskingKey: key)
            masking.unmask(masked, into: &output)
            output.append(repeating: 0, count: output.freeCapacity)
        }
        let head = bytes.span.extracting(first: count)
        // If the key proves nothing, text does not either: a counter in a table yields such characters.
        let textBits =
            isCommonKey || isHeaderProven ? bits(ofUnmasked: head, masked, header, model, isCommonKey: isCommonKey) : 0
        return bits(ofBeginning: head, header, textBits: textBits)
    }

    /// The evidence of the characters that unmasking yields.
    private static func bits(
        ofUnmasked head: Span<UInt8>, _ masked: Span<UInt8>, _ header: FrameHeader, _ model: borrowing ByteModel,
        isCommonKey: Bool
    ) -> Int {
        var gain = 0
        var unveiled = 0
        for index in head.indices {
            guard head[index].isPrintable else {
                if header.opcode == .text, head[index] < 0x80 { gain -= controlCharacter }
                continue
            }
            // If the key is random, so is a masked byte; one that is common in the stream proves nothing.
            if isCommonKey || !model.isCommon(masked[index]) { gain += 1 }
            if !masked[index].isPrintable { unveiled += 1 }
        }
        // Bytes that are text even while masked prove nothing: any key of printable bytes turns them into text.
        return unveiled * 4 >= head.count ? max(0, min(gain, unmaskedText)) : 0
    }

    /// The evidence of the unmasked start of a payload; nil if such a frame cannot have it.
    private static func bits(ofBeginning head: Span<UInt8>, _ header: FrameHeader, textBits: Int) -> Int? {
        let count = head.count
        let isWhole = UInt64(count) == header.payloadLength
        if header.opcode == .close, header.payloadLength > 0 {
            guard header.payloadLength != 1 else { return nil }
            guard count >= 2 else { return 0 }
            let body = CloseBody(head)
            guard let code = body.code, code.mayBeSent, !isWhole || body.reason != nil else { return nil }
            return closeCode + (header.isMasked ? textBits : 0)
        }
        guard header.opcode == .text else { return 0 }
        if header.rsv1 { return header.isMasked ? 0 : compressedText }
        var text = UTF8Validator()
        text.receive(head)
        guard isWhole && header.fin ? text.isComplete : text.isValid else { return nil }
        if header.isMasked { return textBits }
        return count >= 8 && head.holdsNoControlCharacter ? plainText : 0
    }

    /// Whether the payload begins with the length of the rest of it: such a record proves nothing.
    ///
    /// The bytes 81 78 77 are a CBOR array of one text (RFC 8949 3.1). A Close frame such as 88 10 0f a1 begins with
    /// its code.
    static func isLengthPrefixed(_ header: FrameHeader, _ payload: Span<UInt8>) -> Bool {
        guard !header.isMasked, payload.count > 0, header.payloadLength > 8, header.opcode != .close else {
            return false
        }
        return UInt64(payload[0]) &+ 1 == header.payloadLength
    }

    /// Whether the frame is a short binary one of printable ASCII: such records occur by the hundred where there are no
    /// frames.
    ///
    /// Each name in a certificate is 82, its length, and the name (RFC 5280 4.2.1.6).
    static func isTaggedName(_ header: FrameHeader, _ payload: Span<UInt8>) -> Bool {
        guard !header.isMasked, header.opcode == .binary, (4...125).contains(header.payloadLength),
            UInt64(payload.count) == header.payloadLength
        else { return false }
        return payload.indices.allSatisfy { payload[$0].isPrintable }
    }
}

extension UInt32 {
    /// Whether any of its bytes is zero.
    var hasZeroByte: Bool { (self &- 0x0101_0101) & ~self & 0x8080_8080 != 0 }

    /// Whether a masking key looks random.
    ///
    /// It has a byte beyond ASCII, does not begin with two letters, and has no zero byte and no two equal adjacent
    /// bytes: seven of eight random keys pass. 82 a2 69 64 is a MessagePack map whose first key is "id", and 82 83 01
    /// 02 03 is two CBOR arrays.
    var isKeyOfChance: Bool {
        guard self & 0x8080_8080 != 0, !hasZeroByte, !((self ^ (self &>> 8)) | 0xff00_0000).hasZeroByte else {
            return false
        }
        return !(UInt8(truncatingIfNeeded: self &>> 24).isLetter && UInt8(truncatingIfNeeded: self &>> 16).isLetter)
    }
}

extension Span<UInt8> {
    /// Whether the first two bytes, or the only one, are printable.
    var beginsPrintable: Bool { extracting(first: Swift.min(count, 2)).indices.allSatisfy { self[$0].isPrintable } }

    /// Whether there are no control characters other than white space.
    fileprivate var holdsNoControlCharacter: Bool {
        indices.allSatisfy { self[$0] >= 0x80 || self[$0].isPrintable }
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter.
    fileprivate var isLetter: Bool { (0x61...0x7a).contains(self | 0x20) }

    /// Whether it is printable ASCII, tab, line feed or carriage return.
    fileprivate var isPrintable: Bool {
        switch self {
        case 0x20...0x7e, 0x09, 0x0a, 0x0d: true
        default: false
        }
    }
}
