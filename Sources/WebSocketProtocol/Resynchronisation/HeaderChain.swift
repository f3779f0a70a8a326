import WireFormat

/// A guess at where frames begin: a place, and the headers that follow from there (RFC 6455 5.2, 5.4).
struct HeaderChain {
    /// Whether fragments of a message are due.
    private enum MessageState {
        /// Not known: the chain has just begun.
        case unknown
        case outside, inside
    }

    /// Who would be the sender of these frames, by the first one's mask bit.
    let sender: Role
    /// Where the first header stands.
    private(set) var start: UInt64
    /// Where the next header is due.
    private(set) var next: UInt64
    /// How far the stream must go before that header can be taken.
    private(set) var due: UInt64
    /// The evidence so far.
    var bits: Int { min(formBits + min(repeatBits, Evidence.repeatLimit), formLimit) + contentBits }
    /// Evidence from headers that follow one another and frames that end with segments: records of other protocols have
    /// it too.
    private var formBits: Int
    /// What headers prove that look like an earlier one, and where they end.
    private var repeatBits = 0
    /// The most that it counts.
    private let formLimit: Int
    /// Evidence that other protocols do not have.
    private var contentBits = 0
    /// Its number in ``ChainWalks``; nil if it takes no header in the current bytes.
    var walk: Int32?
    /// The evidence of the best chain broken by a gap that this one spans: it must lead that one too.
    private(set) var rivalBits = 0
    /// Headers in the chain.
    private(set) var frames = 0
    private var message = MessageState.unknown
    /// The first bytes and lengths of the latest frames that differ: records of a table have few.
    private var shapes = InlineArray<8, UInt64>(repeating: .max)
    private var nextShape = 0
    private var lastLength: UInt64?
    private var lastKey: UInt32 = 0
    private var emptyFrames = 0
    /// The evidence of the last frame's header.
    private var lastHeaderBits = 0
    /// Digests of the latest unmasked texts that differ.
    private var texts: InlineArray<4, UInt32> = [0, 0, 0, 0]
    private var nextText: UInt8 = 0
    /// Whether the last frame looked like an earlier one, and is an unmasked text that none of the latest equals.
    private var isNewText = false
    /// Whether the last frame looked like an earlier one.
    private var isRepeat = false

    /// How many frames without payload may follow one another: runs of zeros look like them.
    private static let emptyFrameLimit = 4
    /// The longest frame believed.
    private static let lengthLimit: UInt64 = 1 << 31

    /// Begins at `start`, where a frame of `sender` may begin.
    ///
    /// `isMidstream` if nothing is known of the connection.
    init(sender: Role, start: UInt64, isSegmentStart: Bool, isMidstream: Bool) {
        self.sender = sender
        self.start = start
        next = start
        due = start
        formBits = HeaderChain.firstBits(isSegmentStart: isSegmentStart)
        formLimit = isMidstream && sender == .server ? Evidence.unmaskedFormMidstream : .max
    }

    /// The evidence of a chain that has taken no header yet.
    static func firstBits(isSegmentStart: Bool) -> Int { isSegmentStart ? Evidence.atSegmentStart : 0 }

    /// Adopts a better beginning: another chain has met this one, with this many bits more.
    mutating func adopt(start: UInt64, bits: Int) {
        self.start = start
        formBits += bits
    }

    /// Whether two chains have the same future: then the one that began first has all the evidence.
    func merges(with other: HeaderChain) -> Bool {
        next == other.next && sender == other.sender
    }

    /// Takes the header that is due.
    ///
    /// - Parameters:
    ///   - header: What stands where a header is due.
    ///   - payload: The bytes after the header that are known, at most the payload's length.
    ///   - isText: Whether its first byte stands in a UTF-8 sequence of a stream that is UTF-8, so that it proves
    ///     nothing.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    ///   - model: What the stream's bytes are if they are no frames.
    /// - Returns: Whether it can be one; else the chain is broken.
    mutating func take(
        _ header: FrameHeader, payload: Span<UInt8>, isText: Bool, mayBeCompressed: Bool, _ model: borrowing ByteModel
    ) -> Bool {
        guard isPlausible(header, mayBeCompressed: mayBeCompressed) else { return false }
        let isText = isText || Self.isLengthPrefixed(header, payload)
        frames += 1
        if header.payloadLength == 0 {
            emptyFrames += 1
            guard emptyFrames <= HeaderChain.emptyFrameLimit else { return false }
        } else {
            emptyFrames = 0
            isRepeat = !insertShape(header)
            let rarity = model.headerEvidence(sender, known: frames)
            lastHeaderBits =
                isText ? 0 : Self.evidence(of: header, rarity, model, lastKey: lastKey, isRepeat: isRepeat)
            // Clients with one key for all frames mask text to bytes that are as common as the text's.
            let isCommonKey = rarity >= 5 && header.maskingKey == lastKey
            guard
                let payloadBits = Self.evidence(
                    of: payload, header, model, isCommonKey: isCommonKey, isHeaderProven: lastHeaderBits > 0)
            else { return false }
            isNewText = !header.isMasked && payloadBits == Evidence.plainText && insertText(payload) && isRepeat
            let repeatsKey = header.maskingKey.map { frames > 1 && ($0 ^ lastKey).hasZeroByte } ?? true
            if isText {
                // Every byte of it stands for itself.
            } else if isRepeat, repeatsKey {
                repeatBits += lastHeaderBits + payloadBits
            } else {
                if isRepeat { repeatBits += lastHeaderBits } else { formBits += lastHeaderBits }
                contentBits += payloadBits
                if !isRepeat, lastHeaderBits > 0, header.payloadLength > 125 { contentBits += Evidence.extendedLength }
            }
        }
        if !header.opcode.isControl { message = header.fin ? .outside : .inside }
        lastLength = header.payloadLength
        lastKey = header.maskingKey ?? 0
        next &+= UInt64(header.byteCount) &+ header.payloadLength
        return true
    }

    /// Whether the payload begins with its own length, as far as it goes on: 81 78 77 is an array of one text in CBOR
    /// (RFC 8949 3.1), and such a record proves nothing.
    private static func isLengthPrefixed(_ header: FrameHeader, _ payload: Span<UInt8>) -> Bool {
        guard !header.isMasked, payload.count > 0, header.payloadLength > 8 else { return false }
        return UInt64(payload[0]) &+ 1 == header.payloadLength
    }

    /// Remembers a frame's first byte and length; false if a recent frame of the chain had both.
    private mutating func insertShape(_ header: FrameHeader) -> Bool {
        let shape = UInt64(header.firstByte) &<< 56 | header.payloadLength
        for index in shapes.indices where shapes[index] == shape { return false }
        shapes[nextShape] = shape
        nextShape = (nextShape &+ 1) & 7
        return true
    }

    /// Remembers the beginning of a text; false if one of the latest began alike.
    private mutating func insertText(_ text: Span<UInt8>) -> Bool {
        // FNV-1a; an accident costs a few bits of evidence.
        var digest: UInt32 = 0x811c_9dc5
        for index in text.indices.prefix(128) { digest = (digest ^ UInt32(text[index])) &* 0x0100_0193 }
        for index in texts.indices where texts[index] == digest { return false }
        texts[Int(nextText)] = digest
        nextText = (nextText &+ 1) & 3
        return true
    }

    /// Drops the frames taken so far: the chain begins at the header that is due.
    mutating func restart() {
        start = next
    }

    /// Records that a gap broke other chains, the best of which had this much evidence.
    mutating func lose(rivalBits bits: Int) {
        rivalBits = max(rivalBits, bits)
    }

    /// Counts that the frame taken last ends with a segment.
    ///
    /// - Parameter isAlone: Whether it also begins with one.
    mutating func endsWithSegment(isAlone: Bool) {
        guard let lastLength, lastLength > 0, lastHeaderBits > 0 else { return }
        if isNewText, isAlone {
            // A table has many records in a segment, so this is no row of one.
            contentBits += Evidence.plainText
            repeatBits -= Evidence.plainText
        }
        if isRepeat { repeatBits += Evidence.repeatedEnd } else { formBits += Evidence.endsSegment }
    }

    /// Counts that the frame taken last ends with the stream.
    mutating func endsWithStream() {
        guard let lastLength, lastLength > 0, lastHeaderBits > 0 else { return }
        formBits += Evidence.endsStream
    }

    private func isPlausible(_ header: FrameHeader, mayBeCompressed: Bool) -> Bool {
        guard HeaderChain.mayBegin(with: header, from: sender, mayBeCompressed: mayBeCompressed) else { return false }
        if header.opcode.isControl { return true }
        switch message {
        case .unknown: return true
        case .outside: return header.opcode != .continuation
        case .inside: return header.opcode == .continuation
        }
    }

    /// Whether a header can be one of a sender, whatever stands before it.
    static func mayBegin(with header: FrameHeader, from sender: Role, mayBeCompressed: Bool) -> Bool {
        let opcode = header.opcode
        guard header.isMasked == (sender == .client), !header.rsv2, !header.rsv3, !opcode.isReserved,
            header.hasMinimalLength, header.payloadLength <= HeaderChain.lengthLimit
        else { return false }
        if header.maskingKey == 0 { return false }
        // RFC 7692 6: RSV1 stands on the first frame of a message only.
        if header.rsv1, !mayBeCompressed || opcode.isControl || opcode == .continuation { return false }
        return !opcode.isControl || header.fin && header.payloadLength <= 125
    }

    /// The evidence in a header.
    ///
    /// - Parameters:
    ///   - header: The header.
    ///   - rarity: What it proves that a header stands where one is due.
    ///   - model: What the stream's bytes are if they are no frames.
    ///   - lastKey: The last frame's masking key.
    ///   - isRepeat: Whether the frame looks like an earlier one.
    /// - Returns: Bits.
    private static func evidence(
        of header: FrameHeader, _ rarity: Int, _ model: borrowing ByteModel, lastKey: UInt32, isRepeat: Bool
    ) -> Int {
        if let key = header.maskingKey {
            // Keys are random (RFC 6455 5.3): a byte that stands in the last one too is a sign of bytes that repeat.
            guard !(key ^ lastKey).hasZeroByte else { return 0 }
            let surprise = (0..<4).reduce(0) { $0 + model.surprise(of: UInt8(truncatingIfNeeded: key &>> ($1 &* 8))) }
            guard surprise >= Evidence.keySurprise * 10 else { return 0 }
        }
        // Zero is the commonest byte of all, and lengths of 16 and 32 bits begin with it.
        if header.firstByte == 0, header.payloadLength < 126 { return 0 }
        if isRepeat { return min(Evidence.repeatedHeader, rarity) }
        return header.payloadLength < 4 && !header.isMasked ? Evidence.tinyFrame : rarity
    }

    /// The evidence in a payload.
    ///
    /// - Parameters:
    ///   - payload: As much of it as is at hand.
    ///   - header: The frame's header.
    ///   - model: What the stream's bytes are if they are no frames.
    ///   - isCommonKey: Whether the client seems to mask all frames with the key of this one.
    ///   - isHeaderProven: Whether the header itself is evidence.
    /// - Returns: Bits; nil if it cannot be the payload of such a frame.
    private static func evidence(
        of payload: Span<UInt8>, _ header: FrameHeader, _ model: borrowing ByteModel, isCommonKey: Bool,
        isHeaderProven: Bool
    ) -> Int? {
        let count = min(payload.count, 128)
        guard header.opcode == .text || header.opcode == .close else { return 0 }
        guard let key = header.maskingKey else {
            return evidence(of: payload.extracting(first: count), header, textBits: 0)
        }
        var bytes = InlineArray<128, UInt8>(repeating: 0)
        var gain = 0
        var unveiled = 0
        for index in 0..<count {
            let byte = payload[index]
            bytes[index] = byte ^ UInt8(truncatingIfNeeded: key &>> (24 &- UInt32(index & 3) &* 8))
            guard bytes[index].isPrintable else { continue }
            // A masked byte is random, if the key is; one that is common in the stream proves nothing.
            if model.surprise(of: byte) > Evidence.characterCost || isCommonKey { gain += 1 }
            if !byte.isPrintable { unveiled += 1 }
        }
        // Text that is also text while masked proves nothing: any key of printable bytes turns it into text.
        // Nor does it if the key proves nothing: a counter in a table makes such characters.
        let isBelieved = unveiled * 4 >= count && (isCommonKey || isHeaderProven)
        let textBits = isBelieved ? min(gain, Evidence.unmaskedText) : 0
        return evidence(of: bytes.span.extracting(0..<count), header, textBits: textBits)
    }

    /// The evidence in the beginning of a payload that is not masked any more; nil if it cannot be that of such a
    /// frame.
    private static func evidence(of head: Span<UInt8>, _ header: FrameHeader, textBits: Int) -> Int? {
        let count = head.count
        let isWhole = UInt64(count) == header.payloadLength
        if header.opcode == .close, header.payloadLength > 0 {
            guard header.payloadLength != 1 else { return nil }
            guard count >= 2 else { return 0 }
            let body = CloseBody(head)
            guard let code = body.code, code.mayBeSent, !isWhole || body.reason != nil else { return nil }
            return Evidence.closeCode + (header.isMasked ? textBits : 0)
        }
        guard header.opcode == .text else { return 0 }
        if header.rsv1 { return header.isMasked ? 0 : Evidence.compressedText }
        var text = UTF8Validator()
        text.receive(head)
        guard isWhole && header.fin ? text.isComplete : text.isValid else { return nil }
        if header.isMasked { return textBits }
        return count >= 8 && head.holdsNoControlCharacter ? Evidence.plainText : 0
    }
}

extension HeaderChain {
    /// Takes headers as far as the bytes go.
    ///
    /// - Parameters:
    ///   - kept: The bytes.
    ///   - walks: Who has taken which header in them.
    ///   - model: What they are if they are no frames.
    ///   - rules: What frames may be.
    ///   - isEnd: Whether no more bytes follow these.
    /// - Returns: Whether the chain goes on; false if it breaks, or meets another.
    mutating func follow(
        _ kept: borrowing SearchedBytes, _ walks: inout ChainWalks, _ model: borrowing ByteModel,
        _ rules: borrowing ChainSet.Rules, isEnd: Bool
    ) -> Bool {
        let bytes = kept.bytes.span
        let end = kept.end
        while next < end {
            if walks.meets(at: next, sender, bits: bits, start: start) { return false }
            let offset = next
            let bitsBefore = bits
            let rest = bytes.extracting(droppingFirst: kept.index(of: offset))
            guard let header = FrameHeader(rest) else {
                due = end &+ 1
                return true
            }
            let following = rest.extracting(droppingFirst: header.byteCount)
            // The beginning of the payload is evidence, so wait for it while it may come.
            let wanted = min(header.payloadLength, 128)
            guard isEnd || UInt64(following.count) >= wanted else {
                due = offset &+ UInt64(header.byteCount) &+ wanted
                return true
            }
            let payload = following.extracting(first: Int(min(UInt64(following.count), header.payloadLength)))
            let isText = model.isUTF8 && bytes.isInUTF8Sequence(kept.index(of: offset))
            guard take(header, payload: payload, isText: isText, mayBeCompressed: rules.mayBeCompressed, model)
            else { return false }
            if let walk { walks.mark(offset, sender, by: walk, bits: bitsBefore) }
            if let start = kept.startOfSegment(endingAt: next) { endsWithSegment(isAlone: start == offset) }
        }
        due = next &+ 1
        return true
    }
}

extension UInt32 {
    /// Whether one of its bytes is zero.
    fileprivate var hasZeroByte: Bool { (self &- 0x0101_0101) & ~self & 0x8080_8080 != 0 }
}

extension Span<UInt8> {
    /// Whether it has no control characters other than white space.
    fileprivate var holdsNoControlCharacter: Bool {
        indices.allSatisfy { self[$0] >= 0x80 || self[$0].isPrintable }
    }
}

extension UInt8 {
    /// Whether it is printable ASCII, tab, line feed or carriage return.
    fileprivate var isPrintable: Bool {
        switch self {
        case 0x20...0x7e, 0x09, 0x0a, 0x0d: true
        default: false
        }
    }
}
