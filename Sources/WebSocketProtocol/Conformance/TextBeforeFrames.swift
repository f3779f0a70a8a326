import WireFormat

/// Text before the first frame, either in lines or as a string, and where it ends.
extension Span<UInt8> {
    /// The number of bytes of lines of text at the start, up to the end or to an apparent frame; nil if there are none.
    package func leadingLines(from sender: Role) -> Int? {
        var end = 0
        while end < count, self[end].isText { end &+= 1 }
        guard end > 0, self[end &- 1] == UInt8(ascii: "\n") else { return nil }
        guard end < count else { return end }
        return beginsFrame(at: end, from: sender) == true ? end : nil
    }

    /// Whether the first message of a stream may begin at an index: FIN is set, perhaps RSV1; the opcode is not
    /// reserved, and the mask bit is right, if it is there (RFC 6455 5.1, 5.2).
    ///
    /// - Returns: nil if there is no byte at the index.
    func beginsFrame(at index: Int, from sender: Role) -> Bool? {
        guard index < count else { return nil }
        let opcode = Opcode(rawValue: self[index] & 0xf)
        let isFrame = self[index] & 0xb0 == 0x80 && !opcode.isReserved && opcode != .continuation
        return isFrame && (index &+ 1 == count || (self[index &+ 1] >= 0x80) == (sender == .client))
    }

    /// Whether the bytes are ASCII text, at least one byte of it, perhaps with a few NULs at the end of the last line.
    package var areText: Bool {
        var end = 0
        while end < count, self[end].isText { end &+= 1 }
        return end > 0 && end &+ extracting(end...).terminatorCount == count
    }

    /// The number of NULs at the start, at most as many as may precede a frame.
    var terminatorCount: Int {
        var end = 0
        while end < count, end < WebSocketStream.mostStrayBytes, self[end] == 0 { end &+= 1 }
        return end
    }

    /// Whether each line is empty or begins with a field name and a colon (RFC 9112 5).
    package var areFields: Bool {
        // The length so far of the field name at the start of the line; nil once the name has ended.
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

    /// Whether they begin like the response that accepts an upgrade.
    var beginsAnswer: Bool { match(of: "HTTP/1.1 101 ") == .whole || match(of: "HTTP/1.0 101 ") == .whole }

    /// Whether the first line begins or ends with an HTTP version (RFC 9112 3, 4).
    func namesHTTP(in text: TextRun) -> Bool {
        var end = Swift.min(text.endOfLine ?? text.count, count)
        if end > 0, self[end &- 1] == UInt8(ascii: "\r") { end &-= 1 }
        // "HTTP/1.1"
        return [0, end &- 8].contains { $0 >= 0 && starts(with: "HTTP/", at: $0, in: 0..<end) }
    }
}

extension UInt8 {
    /// Whether field names mostly consist of such characters.
    fileprivate var isOfName: Bool {
        self == UInt8(ascii: "-") || isDigit || isLetter
    }
}
