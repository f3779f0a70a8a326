package import WireFormat

/// What stands at the beginning of a stream, right after the upgrade, in place of a frame.
extension WebSocketStream {
    /// Whether it is not clear yet what the stream begins with.
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
    ///   - framesOfPeer: How many frames the other end has begun.
    ///   - keepable: Bytes of memory that streams may still keep.
    /// - Returns: What the stream begins with, and the bytes that were kept, these included; nil if that is not clear
    ///   yet: then these are kept as well. How the bytes are cut makes no difference.
    package mutating func begin(
        with bytes: Span<UInt8>, _ origin: Origin, isChunked: Bool, framesOfPeer: UInt64, keepable: inout Int
    ) -> (beginning: StreamBeginning, kept: StreamStart?)? {
        guard let kept = start else {
            let isFull = keepable < StreamStart.cost(of: bytes.count, in: 1)
            if let beginning = firstBytes(bytes, TextRun(in: bytes), isChunked: isChunked, isEnd: isFull) {
                hasBegun = true
                return (beginning, nil)
            }
            let new = StreamStart(framesOfPeer: framesOfPeer)
            new.append(bytes, origin)
            keepable &-= new.cost
            start = new
            return nil
        }
        let cost = kept.cost
        kept.append(bytes, origin)
        keepable &-= kept.cost &- cost
        let beginning = firstBytes(kept.bytes.span, kept.text, isChunked: isChunked, isEnd: keepable < 0)
        return beginning.flatMap { beginning in takeStart(&keepable).map { (beginning, $0) } }
    }

    /// Decides what a stream begins with by what there is, since no more will come, or bytes are missing.
    ///
    /// - Parameters:
    ///   - isChunked: As before.
    ///   - keepable: As before.
    /// - Returns: What it begins with, and the bytes that were kept; nil if none were.
    package mutating func endBeginning(
        isChunked: Bool, keepable: inout Int
    ) -> (beginning: StreamBeginning, kept: StreamStart)? {
        guard let kept = start else { return nil }
        let beginning = firstBytes(kept.bytes.span, kept.text, isChunked: isChunked, isEnd: true) ?? .frames
        return takeStart(&keepable).map { (beginning, $0) }
    }

    /// Takes out what was kept, and gives its memory back.
    package mutating func takeStart(_ keepable: inout Int) -> StreamStart? {
        guard let kept = start else { return nil }
        keepable &+= kept.cost
        start = nil
        hasBegun = true
        return kept
    }

    /// Looks at the bytes that the stream begins with.
    ///
    /// - Returns: What they are; nil if that depends on what follows. More bytes never change what was returned.
    private mutating func firstBytes(
        _ all: Span<UInt8>, _ text: TextRun, isChunked: Bool, isEnd: Bool
    ) -> StreamBeginning? {
        guard all.count > 0 else { return isEnd ? .frames : nil }
        // A frame that is one message has FIN set: the most common one is none of these.
        guard all[0] & 0x80 == 0 || all[0] == 0xff else { return .frames }
        let limit = all[0].isText ? StreamStart.limit : StreamStart.limitOfNumbers
        let bytes = all.extracting(first: min(all.count, limit))
        let isEnd = isEnd || bytes.count == limit
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

    /// Distinguishes frames from numbers of a binary protocol, most of whose bytes are 0, and from frames of hixie-76.
    private mutating func firstNumbers(_ bytes: Span<UInt8>, isEnd: Bool) -> StreamBeginning? {
        var start = 0
        while start &+ 1 < bytes.count, bytes[start] <= Opcode.binary.rawValue, bytes[start &+ 1] == 0 { start &+= 2 }
        guard start &+ 1 < bytes.count else { return isEnd ? .frames : nil }
        if start == 0 {
            let isMasked = sender == .client && bytes[1] >= 0x80
            return bytes[0] == 0 && !isMasked ? bytes.firstHixie(isEnd: isEnd) : .frames
        }
        guard start >= 4 else { return .frames }
        // Empty fragments precede what can hardly be a header.
        guard let header = FrameHeader(bytes.extracting(start...)) else { return isEnd ? .frames : nil }
        return brokenRuleCount(header, header.opcode) > 1 ? .foreign(nil) : .frames
    }

    /// Distinguishes frames from lines of text.
    ///
    /// Text is no frame: its FIN would be missing from a control frame, its opcode be reserved, a reserved bit be set,
    /// or a continuation have nothing to continue.
    private mutating func firstText(_ bytes: Span<UInt8>, _ text: TextRun, isEnd: Bool) -> StreamBeginning? {
        let opcode = Opcode(rawValue: bytes[0] & 0xf)
        let mayBeFrame = opcode == .text || opcode == .binary
        if sender == .server, mayBeFrame, bytes[0] & 0x70 & ~usedBits == 0 { return .frames }
        // What other protocols begin with is told by their first four bytes.
        if bytes.count < 4, !isEnd { return nil }
        guard bytes.count == 1 || bytes[1].isText else { return .frames }
        let end = text.count
        let name = ForeignProtocol(bytes)
        if let name, name != .http { return .frames }
        // A log may have a line about a request, but not the line of one.
        if name != nil, text.endOfLine != nil || end < bytes.count || isEnd, bytes.namesHTTP(in: text) {
            return .frames
        }
        // A frame may be text too: of a Pong without FIN the first byte is a line feed.
        if end == Int(bytes[min(1, bytes.count &- 1)]) &+ 2, end < bytes.count || isEnd { return .frames }
        if end == bytes.count {
            guard isEnd else { return nil }
            let isWhole = bytes[end &- 1] == UInt8(ascii: "\n")
            if isWhole, text.endOfLine == end &- 1 || bytes.areFields { return .text(end) }
            return end < 4 || name != nil ? .frames : .foreign(.text)
        }
        let endOfString = end &+ bytes.extracting(end...).terminatorCount
        if endOfString > end { return firstString(bytes, endOfString, isHTTP: name != nil, isEnd: isEnd) }
        guard let count = bytes.leadingLines(from: sender) else { return .frames }
        return end &+ 1 < bytes.count || isEnd ? .text(count) : nil
    }

    /// Distinguishes frames from text that ends like a string in C, with NULs, before the first frame.
    private func firstString(_ bytes: Span<UInt8>, _ end: Int, isHTTP: Bool, isEnd: Bool) -> StreamBeginning? {
        guard let isFrame = bytes.beginsFrame(at: end, from: sender) else {
            return isEnd ? isHTTP ? .frames : .text(end) : nil
        }
        guard isFrame else { return .frames }
        return end &+ 1 < bytes.count || isEnd ? .text(end) : nil
    }
}
