import WireFormat

/// What stands at the beginning of a stream, right behind the upgrade, in place of a frame.
package enum StreamBeginning: Sendable {
    /// So many bytes of text in lines: what a server logs, or fields of a head that was ended too early.
    case text(Int)
    /// Another protocol, of which the stream consists.
    case foreign(ForeignProtocol?)
}

extension WebSocketStream {
    /// Whether its first frame comes next.
    ///
    /// `mutating` so that the value is read in place, not copied.
    package var isAtFirstFrame: Bool { mutating get { frameCount == 0 && isBetweenFrames } }

    /// Looks at the bytes that the stream begins with.
    ///
    /// - Parameters:
    ///   - bytes: Those that came together: a segment.
    ///   - isChunked: Whether the response to the upgrade has a field that frames a body.
    /// - Returns: What they are; nil if they may be frames.
    package mutating func firstBytes(_ bytes: Span<UInt8>, isChunked: Bool) -> StreamBeginning? {
        guard let first = bytes.first else { return nil }
        // A frame that is one message has FIN set: the most common one is none of these.
        guard first & 0x80 == 0 else { return nil }
        if isChunked, bytes.beginWithChunk { return .foreign(.chunks) }
        if let name = ForeignProtocol(whole: bytes) { return .foreign(name) }
        if let count = textCount(bytes) { return .text(count) }
        return beginsWithEmptyFragments(bytes) ? .foreign(nil) : nil
    }

    /// How many bytes of text in lines the bytes begin with, before the end or what looks like a frame; nil if none do.
    ///
    /// Text is no frame: its FIN would be missing from a control frame, its opcode be reserved, a reserved bit be set, or a
    /// continuation have nothing to continue.
    private mutating func textCount(_ bytes: Span<UInt8>) -> Int? {
        let opcode = Opcode(rawValue: bytes[0] & 0xf)
        let mayBeFrame = opcode == .text || opcode == .binary
        if sender == .server, mayBeFrame, bytes[0] & 0x70 & ~usedBits == 0 { return nil }
        if let name = ForeignProtocol(bytes), name != .http || bytes.hasVersionOfHTTP { return nil }
        return bytes.leadingLines(from: sender)
    }

    /// Whether empty fragments precede what can hardly be a header: numbers of a binary protocol, most of whose bytes are 0.
    private mutating func beginsWithEmptyFragments(_ bytes: Span<UInt8>) -> Bool {
        var start = 0
        while start &+ 1 < bytes.count, bytes[start] <= Opcode.binary.rawValue, bytes[start &+ 1] == 0 { start &+= 2 }
        guard start >= 4, let header = FrameHeader(bytes.extracting(start...)) else { return false }
        return brokenRuleCount(header, header.opcode) > 1
    }
}

extension Span<UInt8> {
    fileprivate var first: UInt8? { isEmpty ? nil : self[0] }

    /// How many bytes of text in lines they begin with, before their end or what looks like a frame; nil if none do.
    package func leadingLines(from sender: Role) -> Int? {
        var end = 0
        while end < count, self[end].isText { end &+= 1 }
        guard end > 0, self[end &- 1] == UInt8(ascii: "\n") else { return nil }
        guard end < count else { return end }
        // FIN, perhaps RSV1; the opcode is not reserved, and the mask bit is as it should be (RFC 6455 5.1, 5.2).
        let opcode = Opcode(rawValue: self[end] & 0xf)
        let isFrame = self[end] & 0xb0 == 0x80 && !opcode.isReserved && opcode != .continuation
        return isFrame && (end &+ 1 == count || (self[end &+ 1] >= 0x80) == (sender == .client)) ? end : nil
    }

    /// Whether their first line names a version of HTTP: a log may have lines about requests.
    fileprivate var hasVersionOfHTTP: Bool {
        var start = 0
        while start &+ 5 <= count, self[start] != UInt8(ascii: "\n") {
            // "HTTP/"
            if self[start] == 0x48, self[start &+ 1] == 0x54, self[start &+ 2] == 0x54, self[start &+ 3] == 0x50,
                self[start &+ 4] == 0x2f
            {
                return true
            }
            start &+= 1
        }
        return false
    }

    /// Whether they begin with the size of a chunk that is not the last one (RFC 9112 7.1).
    fileprivate var beginWithChunk: Bool {
        var end = 0
        var isZero = true
        while end < count, end <= 8, self[end].isHexadecimal {
            isZero = isZero && self[end] == UInt8(ascii: "0")
            end &+= 1
        }
        return !isZero && end &+ 1 < count && self[end] == UInt8(ascii: "\r") && self[end &+ 1] == UInt8(ascii: "\n")
    }
}

extension UInt8 {
    /// Whether it is a byte of ASCII text in lines.
    package var isText: Bool { (0x20...0x7e).contains(self) || (0x09...0x0d).contains(self) }

    fileprivate var isHexadecimal: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
