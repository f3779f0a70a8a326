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

/// How far bytes are the beginning of something.
enum Match {
    case none
    /// It would go on after them.
    case part
    case whole
}

extension Span<UInt8> {
    /// How many bytes of text in lines they begin with, before their end or what looks like a frame; nil if none do.
    package func leadingLines(from sender: Role) -> Int? {
        var end = 0
        while end < count, self[end].isText { end &+= 1 }
        guard end > 0, self[end &- 1] == UInt8(ascii: "\n") else { return nil }
        guard end < count else { return end }
        return beginsFrame(at: end, from: sender) == true ? end : nil
    }

    /// Whether the first message of a stream may begin at an index: FIN, perhaps RSV1; the opcode is not reserved, and
    /// the mask bit is as it should be, if it is there (RFC 6455 5.1, 5.2).
    ///
    /// - Returns: nil if there is no such byte.
    func beginsFrame(at index: Int, from sender: Role) -> Bool? {
        guard index < count else { return nil }
        let opcode = Opcode(rawValue: self[index] & 0xf)
        let isFrame = self[index] & 0xb0 == 0x80 && !opcode.isReserved && opcode != .continuation
        return isFrame && (index &+ 1 == count || (self[index &+ 1] >= 0x80) == (sender == .client))
    }

    /// Whether they are ASCII text, of which a few NULs may end the last line, and there is any.
    package var areText: Bool {
        var end = 0
        while end < count, self[end].isText { end &+= 1 }
        return end > 0 && end &+ extracting(end...).terminatorCount == count
    }

    /// How many NULs they begin with, as many as may stand before a frame at most.
    fileprivate var terminatorCount: Int {
        var end = 0
        while end < count, end < WebSocketStream.mostStrayBytes, self[end] == 0 { end &+= 1 }
        return end
    }

    /// Whether each line is empty or begins with the name of a field and a colon (RFC 9112 5).
    package var areFields: Bool {
        // How long the name of the field is that the line begins with; nil once it has ended.
        var nameLength: Int? = 0
        for index in indices {
            let byte = self[index]
            if byte == UInt8(ascii: "\n") {
                guard nameLength ?? 0 == 0 else { return false }
                nameLength = 0
            } else if let length = nameLength, byte != UInt8(ascii: "\r") {
                let isColon = byte == UInt8(ascii: ":")
                guard isColon ? length > 0 : byte.isOfName else { return false }
                nameLength = isColon ? nil : length &+ 1
            }
        }
        return true
    }

    /// Whether their first line begins or ends with a version of HTTP (RFC 9112 3, 4).
    fileprivate func namesHTTP(in text: TextRun) -> Bool {
        var end = Swift.min(text.endOfLine ?? text.count, count)
        if end > 0, self[end &- 1] == UInt8(ascii: "\r") { end &-= 1 }
        // "HTTP/1.1"
        return [0, end &- 8].contains { $0 >= 0 && starts(with: "HTTP/", at: $0, in: 0..<end) }
    }

    /// Compares them with what something begins with.
    fileprivate func match(of text: StaticString, from start: Int = 0) -> Match {
        for index in 0..<text.utf8CodeUnitCount {
            guard start &+ index < count else { return .part }
            guard unsafe self[start &+ index] == text.utf8Start[index] else { return .none }
        }
        return .whole
    }

    /// The size of a chunk that is not the last one (RFC 9112 7.1).
    fileprivate var matchOfChunk: Match {
        var end = 0
        var isZero = true
        while end < count, end <= 8, self[end].hexadecimalValue != nil {
            isZero = isZero && self[end] == UInt8(ascii: "0")
            end &+= 1
        }
        if end == count { return .part }
        guard !isZero else { return .none }
        return match(of: "\r\n", from: end)
    }

    /// A CONNECT of MQTT (3.1), or a CONNACK (3.2).
    fileprivate var matchOfMQTT: Match {
        if self[0] == 0x20 {
            let highest: InlineArray<4, UInt8> = [0x20, 2, 1, 5]
            for index in 1..<4 {
                guard index < count else { return .part }
                guard self[index] <= highest[index], index > 1 || self[1] == 2 else { return .none }
            }
            return .whole
        }
        guard self[0] == 0x10 else { return .none }
        // The length that is left: up to four bytes, all but the last with the top bit set (2.2.3).
        var start = 1
        while start < 4, start < count, self[start] >= 0x80 { start &+= 1 }
        guard start < count else { return .part }
        let match = match(of: "\u{0}\u{4}MQTT", from: start &+ 1)
        return match == .none ? self.match(of: "\u{0}\u{6}MQIsdp", from: start &+ 1) : match
    }

    /// Distinguishes what begins with 0 and no empty frame from frames of hixie-76: text between 0 and 255.
    fileprivate func firstHixie(isEnd: Bool) -> StreamBeginning? {
        for index in 1..<count {
            if self[index] == 0xff {
                guard index &+ 1 < count else { return isEnd ? .foreign(.hixie) : nil }
                return self[index &+ 1] == 0 ? .foreign(.hixie) : .frames
            }
            guard self[index].isText || self[index] >= 0x80 else { return .frames }
        }
        return isEnd ? .frames : nil
    }
}

extension UInt8 {
    /// Whether it is one of those that names of fields mostly consist of.
    fileprivate var isOfName: Bool {
        self == UInt8(ascii: "-") || isDigit || isLetter
    }
}
