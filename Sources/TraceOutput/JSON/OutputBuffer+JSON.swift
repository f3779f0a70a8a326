extension OutputBuffer {
    /// Appends a JSON string, quotes included (RFC 8259 7).
    mutating func append(jsonString text: borrowing String) {
        append(jsonString: text.utf8.span)
    }

    /// Appends a JSON string or null.
    mutating func append(jsonString text: borrowing String?) {
        if let text = copy text { append(jsonString: text) } else { append("null") }
    }

    /// Appends bytes that are valid UTF-8 as a JSON string, quotes included.
    ///
    /// Beside what JSON demands, what changes a terminal's state or a line's order is written as `\uXXXX`: DEL, the C1
    /// controls, the line and paragraph separators and the bidirectional controls.
    mutating func append(jsonString text: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        var position = 0
        while position < text.count {
            let end = text.endOfPlainJSON(from: position)
            append(text.extracting(position..<end))
            position = end
            if position < text.count {
                position &+= appendEscape(of: text, at: position)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends the escape of the character at `position`, which needs one; returns how many bytes it takes.
    private mutating func appendEscape(of text: Span<UInt8>, at position: Int) -> Int {
        let byte = text[position]
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        default:
            let (scalar, length) = text.controlScalar(at: position) ?? (UInt32(byte), 1)
            append("\\u")
            append(hex: scalar, digits: 4)
            return length
        }
        return 1
    }
}

extension Span<UInt8> {
    /// The end of the run of bytes from `start` on that stand in a JSON string as they are.
    fileprivate func endOfPlainJSON(from start: Int) -> Int {
        unsafe withUnsafeBytes { raw in
            var position = start
            while position < raw.count {
                while position &+ 8 <= raw.count {
                    let word = unsafe raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                    if word.mayNeedJSONEscape { break }
                    position &+= 8
                }
                let stop = Swift.min(position &+ 8, raw.count)
                while position < stop {
                    if needsJSONEscape(at: position) { return position }
                    position &+= 1
                }
            }
            return position
        }
    }

    private func needsJSONEscape(at position: Int) -> Bool {
        switch self[position] {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7f: true
        case 0xc2, 0xd8, 0xe2: controlScalar(at: position) != nil
        default: false
        }
    }

    /// The control character of two or three bytes at `position` with its length, if there is one: C1 controls,
    /// U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
    fileprivate func controlScalar(at position: Int) -> (scalar: UInt32, length: Int)? {
        guard position &+ 1 < count else { return nil }
        let second = self[position &+ 1]
        switch self[position] {
        case 0xc2 where second <= 0x9f: return (UInt32(second), 2)
        case 0xd8 where second == 0x9c: return (0x061c, 2)
        case 0xe2 where position &+ 2 < count:
            let third = self[position &+ 2]
            switch (second, third) {
            case (0x80, 0x8e...0x8f), (0x80, 0xa8...0xae), (0x81, 0xa6...0xa9):
                return (0x2000 | UInt32(second & 0x3f) &<< 6 | UInt32(third & 0x3f), 3)
            default: return nil
            }
        default: return nil
        }
    }
}

extension UInt64 {
    /// Whether one of the eight bytes may begin something that JSON escapes; never false for one that does.
    fileprivate var mayNeedJSONEscape: Bool {
        let controls = (self &- Self.eight(0x20)) & ~self
        let quotes = zeroBytes(xor: UInt8(ascii: "\""))
        let backslashes = zeroBytes(xor: UInt8(ascii: "\\"))
        let deletes = zeroBytes(xor: 0x7f)
        let tops = Self.eight(0x80)
        if (controls | quotes | backslashes | deletes) & tops != 0 { return true }
        guard self & tops != 0 else { return false }
        return (zeroBytes(xor: 0xc2) | zeroBytes(xor: 0xd8) | zeroBytes(xor: 0xe2)) & tops != 0
    }

    /// Has the top bit of every byte set that equals `byte`, and now and then of one above such a byte.
    @inline(__always)
    private func zeroBytes(xor byte: UInt8) -> UInt64 {
        let difference = self ^ Self.eight(byte)
        return (difference &- Self.eight(0x01)) & ~difference
    }

    @inline(__always)
    private static func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
