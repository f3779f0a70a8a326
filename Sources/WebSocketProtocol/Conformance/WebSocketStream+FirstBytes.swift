package import WireFormat

/// Bytes at the start of a stream, right after the upgrade, that take the place of a frame.
extension WebSocketStream {
    /// Whether it is still unclear what the stream begins with.
    ///
    /// `mutating` so that the value is read in place, not copied.
    package var isAtBeginning: Bool {
        mutating get { frameCount == 0 && !hasBegun && (isBetweenFrames || start != nil) }
    }

    /// Takes the next bytes of a stream that is at its beginning.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - origin: The packet that brought them.
    ///   - isChunked: Whether the response to the upgrade has a field that frames a body.
    ///   - framesOfPeer: The number of frames that the other end has begun.
    ///   - mayBeRequest: Whether the request to the upgrade may come first, captured after its response.
    ///   - keepable: Bytes of memory that streams may still keep.
    /// - Returns: What the stream begins with, and the bytes that were kept, including these; nil if that is still
    ///   unclear: then these bytes are kept too. How the bytes are cut makes no difference.
    package mutating func begin(
        with bytes: Span<UInt8>, _ origin: Origin, isChunked: Bool, framesOfPeer: UInt64,
        mayBeRequest: Bool = false, keepable: inout Int
    ) -> (beginning: StreamBeginning, kept: StreamStart?)? {
        guard let kept = start else {
            let isFull = keepable < StreamStart.cost(of: bytes.count, in: 1)
            if let beginning = firstBytes(
                bytes, TextRun(in: bytes), isChunked: isChunked, mayBeRequest: mayBeRequest, isEnd: isFull)
            {
                hasBegun = true
                return (beginning, nil)
            }
            let new = StreamStart(framesOfPeer: framesOfPeer, mayBeRequest: mayBeRequest)
            new.append(bytes, origin)
            keepable &-= new.cost
            start = new
            return nil
        }
        let cost = kept.cost
        kept.append(bytes, origin)
        keepable &-= kept.cost &- cost
        let beginning = firstBytes(
            kept.bytes.span, kept.text, isChunked: isChunked, mayBeRequest: kept.mayBeRequest, isEnd: keepable < 0)
        return beginning.flatMap { beginning in takeStart(&keepable).map { (beginning, $0) } }
    }

    /// Decides from the bytes so far what a stream begins with, since no more will come or bytes are missing.
    ///
    /// - Parameters:
    ///   - isChunked: As in ``begin(with:_:isChunked:framesOfPeer:keepable:)``.
    ///   - keepable: As in ``begin(with:_:isChunked:framesOfPeer:keepable:)``.
    /// - Returns: What the stream begins with, and the bytes that were kept; nil if none were.
    package mutating func endBeginning(
        isChunked: Bool, keepable: inout Int
    ) -> (beginning: StreamBeginning, kept: StreamStart)? {
        guard let kept = start else { return nil }
        let beginning =
            firstBytes(
                kept.bytes.span, kept.text, isChunked: isChunked, mayBeRequest: kept.mayBeRequest, isEnd: true)
            ?? .frames
        return takeStart(&keepable).map { (beginning, $0) }
    }

    /// Removes the kept bytes, and releases their memory.
    package mutating func takeStart(_ keepable: inout Int) -> StreamStart? {
        guard let kept = start else { return nil }
        keepable &+= kept.cost
        start = nil
        hasBegun = true
        return kept
    }

    /// Examines the first bytes of the stream.
    ///
    /// - Returns: What they are; nil if that depends on what follows. More bytes never change the result.
    private mutating func firstBytes(
        _ all: Span<UInt8>, _ text: TextRun, isChunked: Bool, mayBeRequest: Bool, isEnd: Bool
    ) -> StreamBeginning? {
        guard all.count > 0 else { return isEnd ? .frames : nil }
        // A frame that is a whole message has FIN set; most streams begin with one, and nothing below does.
        guard all[0] & 0x80 == 0 || all[0] == 0xff else { return .frames }
        let limit = all[0].isText ? StreamStart.limit : StreamStart.limitOfNumbers
        let bytes = all.extracting(first: min(all.count, limit))
        let isEnd = isEnd || bytes.count == limit
        if mayBeRequest, bytes.match(of: "GET ") != .none {
            if let end = bytes.endOfHead { return .request(end) }
            if !isEnd { return nil }
        }
        var match = isChunked ? bytes.matchOfChunk : .none
        if match == .whole { return .foreign(.chunks) }
        if match == .none { match = bytes.matchOfMQTT }
        if match == .whole { return .foreign(.mqtt) }
        if match == .none { match = bytes.match(of: "RFB 00") }
        if match == .whole { return .foreign(.rfb) }
        if match == .part, !isEnd { return nil }
        let strayCount = bytes.strayCount(limit: Self.mostStrayBytes)
        switch matchOfStrayBytes(strayCount, bytes, isEnd: isEnd) {
        case .whole: return .text(strayCount)
        case .part: if !isEnd { return nil }
        case .none: break
        }
        if bytes[0] <= Opcode.binary.rawValue { return firstNumbers(bytes, isEnd: isEnd) }
        return bytes[0].isText ? firstText(bytes, text, isEnd: isEnd) : .frames
    }

    /// Distinguishes frames from numbers of a binary protocol, whose bytes are mostly 0, and from hixie-76 frames.
    private mutating func firstNumbers(_ bytes: Span<UInt8>, isEnd: Bool) -> StreamBeginning? {
        var start = 0
        while start &+ 1 < bytes.count, bytes[start] <= Opcode.binary.rawValue, bytes[start &+ 1] == 0 { start &+= 2 }
        guard start &+ 1 < bytes.count else { return isEnd ? .frames : nil }
        if start == 0 {
            let isMasked = sender == .client && bytes[1] >= 0x80
            return bytes[0] == 0 && !isMasked ? bytes.firstHixie(isEnd: isEnd) : .frames
        }
        guard start >= 4 else { return .frames }
        // Empty fragments precede bytes that can hardly be a header.
        guard let header = FrameHeader(bytes.extracting(start...)) else { return isEnd ? .frames : nil }
        return brokenRuleCount(header, header.opcode) > 1 ? .foreign(nil) : .frames
    }

    /// Distinguishes frames from lines of text.
    ///
    /// Text is not a frame: FIN would be missing from a control frame, the opcode would be reserved, a reserved bit
    /// would be set, or a continuation would have nothing to continue.
    private mutating func firstText(_ bytes: Span<UInt8>, _ text: TextRun, isEnd: Bool) -> StreamBeginning? {
        let opcode = Opcode(rawValue: bytes[0] & 0xf)
        let mayBeFrame = opcode == .text || opcode == .binary
        if sender == .server, mayBeFrame, bytes[0] & 0x70 & ~usedBits == 0 { return .frames }
        // The first four bytes show which other protocol a stream is.
        if bytes.count < 4, !isEnd { return nil }
        guard bytes.count == 1 || bytes[1].isText else { return .frames }
        let end = text.count
        let name = ForeignProtocol(bytes)
        if name == .json { return firstJSON(bytes, text, isEnd: isEnd) }
        if let name, name != .http { return .frames }
        // A server may log a line about a request, but not the request line itself; it may repeat its answer.
        if name != nil, text.endOfLine != nil || end < bytes.count || isEnd, bytes.namesHTTP(in: text),
            sender != .server || !bytes.beginsAnswer
        {
            return .frames
        }
        // A frame may be text too: the first byte of a Pong without FIN is a line feed.
        if end == Int(bytes[min(1, bytes.count &- 1)]) &+ 2, end < bytes.count || isEnd { return .frames }
        if end == bytes.count {
            guard isEnd else { return nil }
            let isWhole = bytes[end &- 1] == UInt8(ascii: "\n")
            if isWhole, text.endOfLine == end &- 1 || bytes.areFields { return .text(end) }
            return end < 4 || name != nil ? .frames : .foreign(.text)
        }
        let endOfString = end &+ bytes.extracting(end...).terminatorCount
        if endOfString > end {
            return firstString(bytes, endOfString, else: .frames, atEnd: name != nil ? .frames : nil, isEnd: isEnd)
        }
        guard let count = bytes.leadingLines(from: sender) else { return .frames }
        return end &+ 1 < bytes.count || isEnd ? .text(count) : nil
    }

    /// Distinguishes JSON before the first frame that ends like a C string from a stream of JSON.
    ///
    /// Both are text, so that a redacted stream keeps what distinguishes them.
    private func firstJSON(_ bytes: Span<UInt8>, _ text: TextRun, isEnd: Bool) -> StreamBeginning? {
        let json = StreamBeginning.foreign(.json)
        if text.endOfLine != nil { return json }
        let end = text.count
        guard end < bytes.count else { return isEnd ? json : nil }
        let endOfString = end &+ bytes.extracting(end...).terminatorCount
        guard endOfString > end else { return json }
        return firstString(bytes, endOfString, else: json, atEnd: json, isEnd: isEnd)
    }

    /// Distinguishes frames from text before the first frame that ends like a C string, with NULs.
    ///
    /// - Parameters:
    ///   - bytes: The bytes so far.
    ///   - end: Where the text ends.
    ///   - other: What the stream begins with if no frame follows.
    ///   - last: What it begins with if nothing follows; nil if that is text.
    ///   - isEnd: Whether nothing follows.
    /// - Returns: What the stream begins with; nil if that depends on what follows.
    private func firstString(
        _ bytes: Span<UInt8>, _ end: Int, else other: StreamBeginning, atEnd last: StreamBeginning?, isEnd: Bool
    ) -> StreamBeginning? {
        guard let isFrame = bytes.beginsFrame(at: end, from: sender) else { return isEnd ? last ?? .text(end) : nil }
        guard isFrame else { return other }
        return end &+ 1 < bytes.count || isEnd ? .text(end) : nil
    }
}
