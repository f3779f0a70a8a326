import WireFormat

/// A guess at where frames begin: a place, and the headers that follow from it (RFC 6455 5.2, 5.4).
struct HeaderChain {
    /// Whether a message has begun, so that a continuation is due.
    private enum MessageState {
        /// Unknown: the chain has just begun.
        case unknown
        case outside, inside
    }

    /// The sender of these frames, by the mask bit.
    let sender: Role
    /// The chain's first headers.
    private var beginning: ChainBeginning
    /// The offset of the first header that is believed.
    var start: UInt64 { beginning.place }
    /// Where the next header is due.
    private(set) var next: UInt64
    /// How far the stream must extend before that header can be taken.
    private(set) var due: UInt64
    /// The evidence so far, in bits.
    var bits: Int { score.bits }
    private var score: ChainScore
    /// The same evidence in parts.
    var sum: ChainScore.Sum { score.sum }
    /// Its number in ``ChainWalks``; nil if it takes no header in the current bytes.
    var walk: Int32?
    /// The evidence of the best chain broken by a gap that this one spans: this one must lead that one too.
    private(set) var rivalBits = 0
    /// The number of headers in the chain.
    private(set) var frames = 0
    private var message: MessageState
    private var recent = RecentFrames()
    private var lastLength: UInt64?
    private var lastKey: UInt32 = 0
    private var emptyFrames = 0
    /// The evidence of the last frame's header.
    private var lastHeaderBits = 0
    /// Whether the last frame is an unmasked text unlike the latest ones, whose evidence a table could also yield.
    private var isNewText = false
    /// Whether the last frame looked like an earlier one.
    private var isRepeat = false
    /// Whether the last frame looked like a name in a table.
    private var isTaggedName = false
    /// Whether the last frame is a Close frame.
    private var isClose = false
    /// Whether the stream has long consisted of short texts alone.
    private let sendsTexts: Bool
    /// The segments that consist of whole frames.
    private var segments = WholeSegments()

    /// The most consecutive frames without payload: runs of zeros look like them.
    private static let emptyFrameLimit = 4
    /// The length in bytes of the longest frame believed.
    private static let lengthLimit: UInt64 = 1 << 31

    /// Creates a chain at `start`, where a frame of `sender` may begin.
    ///
    /// `isMidstream` if nothing is known of the connection; `sendsTexts` if the stream has long consisted of short
    /// texts alone; `beginsMessage` if no message can have begun before.
    init(
        sender: Role, start: UInt64, isSegmentStart: Bool, isMidstream: Bool, sendsTexts: Bool = false,
        beginsMessage: Bool = false
    ) {
        self.sender = sender
        message = beginsMessage ? .outside : .unknown
        beginning = ChainBeginning(at: start, isDoubtful: !isSegmentStart)
        next = start
        due = start
        score = ChainScore(isMasked: sender == .client, isMidstream: isMidstream)
        self.sendsTexts = sendsTexts
        score.add(row: HeaderChain.firstBits(isSegmentStart: isSegmentStart))
        if isSegmentStart { segments.begin(at: start) }
    }

    /// The evidence of a chain that has taken no header yet.
    static func firstBits(isSegmentStart: Bool) -> Int { isSegmentStart ? Evidence.atSegmentStart : 0 }

    /// Adopts a better beginning from a chain that met this one with this much more evidence.
    mutating func adopt(_ beginning: ChainBeginning, _ gain: ChainScore.Sum) {
        self.beginning = beginning
        score.add(gain)
    }

    /// Whether two chains have the same future: then the one that began first has all of the evidence.
    func merges(with other: HeaderChain) -> Bool {
        next == other.next && sender == other.sender
    }

    /// Takes the header that is due.
    ///
    /// - Parameters:
    ///   - header: The bytes where a header is due, read as one.
    ///   - payload: The known bytes after the header, at most the payload's length.
    ///   - isText: Whether its first byte is in a UTF-8 sequence of a stream that is UTF-8, so that it proves nothing.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    ///   - model: What the stream's bytes are if they are not frames.
    /// - Returns: Whether it can be a header; if not, the chain is broken.
    mutating func take(
        _ header: FrameHeader, payload: Span<UInt8>, isText: Bool, mayBeCompressed: Bool, _ model: borrowing ByteModel
    ) -> Bool {
        guard isPlausible(header, mayBeCompressed: mayBeCompressed) else { return false }
        frames += 1
        if header.payloadLength == 0 {
            emptyFrames += 1
            guard emptyFrames <= HeaderChain.emptyFrameLimit else { return false }
        } else {
            emptyFrames = 0
            guard weigh(header, payload, isText: isText || Evidence.isLengthPrefixed(header, payload), model) else {
                return false
            }
        }
        let isNew = !header.isMasked && header.payloadLength > 0 && lastHeaderBits > 0 && !isRepeat && !isTaggedName
        segments.countFrame(isShort: header.payloadLength < 126, isNew: isNew)
        if !header.opcode.isControl { message = header.fin ? .outside : .inside }
        lastLength = header.payloadLength
        lastKey = header.maskingKey ?? 0
        next &+= UInt64(header.byteCount) &+ header.payloadLength
        return true
    }

    /// Adds the evidence of a frame with a payload; false if it cannot be one.
    private mutating func weigh(
        _ header: FrameHeader, _ payload: Span<UInt8>, isText: Bool, _ model: borrowing ByteModel
    ) -> Bool {
        isRepeat = !recent.insert(header)
        isTaggedName = false
        isClose = header.opcode == .close
        let rarity = model.headerEvidence(sender, known: frames)
        lastHeaderBits =
            isText ? 0 : Evidence.bits(ofHeader: header, rarity, model, lastKey: lastKey, isRepeat: isRepeat)
        // Clients that use one key for all frames mask text to bytes as common as the text's.
        let isCommonKey = rarity >= 5 && header.maskingKey == lastKey
        let found = Evidence.bits(
            ofPayload: payload, header, model, isCommonKey: isCommonKey, isHeaderProven: lastHeaderBits > 0)
        guard let payloadBits = found else { return false }
        isNewText =
            !header.isMasked && payloadBits == Evidence.plainText && recent.insert(text: payload)
            && (isRepeat || header.payloadLength < 126)
        // If the bytes are just text, none of this is evidence.
        if isText { return true }
        // All names in a table look like names, whatever their lengths.
        isTaggedName = Evidence.isTaggedName(header, payload)
        if isTaggedName {
            score.add(repeat: lastHeaderBits)
        } else if isRepeat {
            let repeatsKey = header.maskingKey.map { frames > 1 && ($0 ^ lastKey).hasZeroByte } ?? true
            score.add(repeat: lastHeaderBits)
            if repeatsKey { score.add(repeat: payloadBits) } else { score.add(content: payloadBits) }
        } else {
            addNew(header, payloadBits)
        }
        return true
    }

    /// Adds the evidence of a frame that looks like no earlier one.
    private mutating func addNew(_ header: FrameHeader, _ payloadBits: Int) {
        if header.isMasked || header.payloadLength > 125 {
            score.add(form: lastHeaderBits)
            score.add(content: payloadBits)
            if lastHeaderBits > 0, header.payloadLength > 125 { score.add(content: Evidence.extendedLength) }
        } else if header.opcode == .close {
            score.add(row: lastHeaderBits)
            score.add(content: payloadBits)
        } else if sendsTexts, header.firstByte == 0x81, payloadBits == Evidence.plainText {
            score.add(form: lastHeaderBits + payloadBits)
        } else {
            score.add(row: lastHeaderBits + payloadBits)
        }
    }

    /// Moves the beginning to a later header if bytes before an offset were discarded: to the second header if the
    /// first was doubtful and the second is still there, else to the header that is due.
    mutating func restart(before offset: UInt64) {
        guard beginning.offset < offset else { return }
        beginning = ChainBeginning(at: start < offset ? next : start, isDoubtful: false)
    }

    /// Records that a gap broke other chains, the best of which had this much evidence.
    mutating func lose(rivalBits bits: Int) {
        rivalBits = max(rivalBits, bits)
    }

    /// Counts the end of the last frame at the end of a segment.
    ///
    /// - Parameters:
    ///   - start: Where the segment begins.
    ///   - isAlone: Whether the frame begins there too.
    mutating func endsWithSegment(from start: UInt64, isAlone: Bool) {
        score.add(form: segments.end(from: start, to: next))
        guard let lastLength, lastLength > 0, lastHeaderBits > 0 else { return }
        if isNewText, isAlone {
            // A table has many records in a segment, so this is not a row of one.
            score.add(content: Evidence.plainText)
            if isRepeat { score.add(repeat: -Evidence.plainText) } else { score.add(row: -Evidence.plainText) }
        }
        if isRepeat || isTaggedName && !isAlone {
            score.add(repeat: Evidence.repeatedEnd)
        } else if isAlone || lastLength > 125 {
            score.add(form: Evidence.endsSegment)
        } else {
            addRowIfUnmasked(Evidence.endsSegment)
        }
    }

    /// Counts the end of the last frame at the end of the stream.
    ///
    /// - Parameter segment: Where the last segment begins.
    mutating func endsWithStream(from segment: UInt64?) {
        guard let lastLength, lastLength > 0, lastHeaderBits > 0 else { return }
        let isAlone = segment.map { next &- $0 == lastLength &+ 2 } ?? false
        if lastLength > 125 || isClose || isAlone {
            score.add(form: Evidence.endsStream)
        } else {
            addRowIfUnmasked(Evidence.endsStream)
        }
    }

    /// Counts evidence of a short frame: as a row if the frame is unmasked.
    private mutating func addRowIfUnmasked(_ bits: Int) {
        if sender == .client { score.add(form: bits) } else { score.add(row: bits) }
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

    /// Whether a sender can send such a header, whatever came before it.
    static func mayBegin(with header: FrameHeader, from sender: Role, mayBeCompressed: Bool) -> Bool {
        let opcode = header.opcode
        guard header.isMasked == (sender == .client), !header.rsv2, !header.rsv3, !opcode.isReserved,
            header.hasMinimalLength, header.payloadLength <= HeaderChain.lengthLimit
        else { return false }
        if header.maskingKey == 0 { return false }
        // RFC 7692 6: RSV1 is set only on the first frame of a message.
        if header.rsv1, !mayBeCompressed || opcode.isControl || opcode == .continuation { return false }
        return !opcode.isControl || header.fin && header.payloadLength <= 125
    }
}

extension HeaderChain {
    /// Takes headers as far as the bytes go.
    ///
    /// - Parameters:
    ///   - kept: The bytes.
    ///   - walks: The headers that each chain has taken in them.
    ///   - model: What the bytes are if they are not frames.
    ///   - rules: The rules for frames.
    ///   - isEnd: Whether no more bytes follow.
    /// - Returns: Whether the chain goes on; false if it breaks, or meets another.
    mutating func follow(
        _ kept: borrowing SearchedBytes, _ walks: inout ChainWalks, _ model: borrowing ByteModel,
        _ rules: borrowing ChainSet.Rules, isEnd: Bool
    ) -> Bool {
        let bytes = kept.bytes.span
        let end = kept.end
        while next < end {
            if walks.meets(at: next, sender, sum, beginning) { return false }
            let offset = next
            let sumBefore = sum
            let rest = bytes.extracting(droppingFirst: kept.index(of: offset))
            guard let header = FrameHeader(rest) else {
                due = end &+ 1
                return true
            }
            let following = rest.extracting(droppingFirst: header.byteCount)
            // The start of the payload is evidence, so wait for it while it may still come.
            let wanted = min(header.payloadLength, 128)
            guard isEnd || UInt64(following.count) >= wanted else {
                due = offset &+ UInt64(header.byteCount) &+ wanted
                return true
            }
            let payload = following.extracting(first: Int(min(UInt64(following.count), header.payloadLength)))
            let isText = model.isUTF8 && bytes.isInUTF8Sequence(kept.index(of: offset))
            guard take(header, payload: payload, isText: isText, mayBeCompressed: rules.mayBeCompressed, model)
            else { return false }
            if let walk { walks.mark(offset, sender, by: walk, sumBefore) }
            // The first frame's end with a segment would count as the next frame's evidence.
            if frames == 1 { beginning.record(header, bits: bits, next: next) } else { beginning.compare(header) }
            if let start = kept.startOfSegment(endingAt: next) {
                endsWithSegment(from: start, isAlone: start == offset)
            }
        }
        due = next &+ 1
        return true
    }
}
