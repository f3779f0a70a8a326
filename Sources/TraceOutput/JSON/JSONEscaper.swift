import CVectors

/// Writes valid UTF-8 as the inside of a JSON string, piece by piece and a block at a time.
struct JSONEscaper {
    /// The most bytes of text in a piece; its last character may extend beyond.
    private static let pieceLength = 1024
    private static let blockLength = Int(json_text_width.rawValue)
    /// The most bytes that a piece becomes: six for each byte, and a block that is written and then overwritten.
    static let maximumOutput = (pieceLength + 8) * 6 + blockLength

    /// How many bytes of the text have been written.
    private(set) var position = 0

    /// Writes the next piece of `text` at `target`, which has room for ``maximumOutput`` bytes; returns how many were
    /// used.
    mutating func escape(_ text: Span<UInt8>, at target: UnsafeMutablePointer<UInt8>) -> Int {
        let stop = min(position &+ Self.pieceLength, text.count)
        var end = unsafe target
        unsafe text.withUnsafeBytes { source in
            while position &+ Self.blockLength <= stop, let start = source.baseAddress {
                unsafe position &+= json_text_copy(start + position, stop &- position, &end)
                guard position &+ Self.blockLength <= stop else { break }
                // What it stopped at, and what is likely to follow.
                unsafe escapeOne(text, at: &end)
            }
            while position &+ 8 <= stop {
                let word = unsafe source.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
                if word & UInt64.topBits == 0 {
                    unsafe Self.escape(ascii: word, at: &end)
                    position &+= 8
                } else if word.mayNeedEscape {
                    let next = position &+ 8
                    while position < next { unsafe escapeOne(text, at: &end) }
                } else {
                    unsafe Self.store(word, at: end)
                    unsafe end += 8
                    position &+= 8
                }
            }
        }
        while position < stop { unsafe escapeOne(text, at: &end) }
        return unsafe end - target
    }

    /// Writes eight ASCII characters, the first in the lowest byte.
    @inline(__always)
    private static func escape(ascii word: UInt64, at end: inout UnsafeMutablePointer<UInt8>) {
        unsafe store(word, at: end)
        var flags = word.escapeFlags
        if flags == 0 {
            unsafe end += 8
            return
        }
        var rest = word
        var count = 8
        repeat {
            // The characters before it are already written; those after it are written again.
            let plain = flags.trailingZeroBitCount &>> 3
            unsafe end += plain
            unsafe escape(UInt8(truncatingIfNeeded: rest &>> UInt64(8 &* plain)), at: &end)
            let done = UInt64(8 &* (plain &+ 1))
            rest = rest >> done
            flags = flags >> done
            count &-= plain &+ 1
            unsafe store(rest, at: end)
        } while flags != 0
        unsafe end += count
    }

    @inline(__always)
    private static func store(_ word: UInt64, at end: UnsafeMutablePointer<UInt8>) {
        unsafe UnsafeMutableRawPointer(end).storeBytes(of: word.littleEndian, as: UInt64.self)
    }

    /// Writes a character below 0x80 that needs an escape.
    @inline(__always)
    private static func escape(_ byte: UInt8, at end: inout UnsafeMutablePointer<UInt8>) {
        let letter: UInt8
        switch byte {
        // By far the most common, since much text is JSON itself.
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter = byte
        case 0x0a: letter = UInt8(ascii: "n")
        case 0x0d: letter = UInt8(ascii: "r")
        case 0x09: letter = UInt8(ascii: "t")
        case 0x08: letter = UInt8(ascii: "b")
        case 0x0c: letter = UInt8(ascii: "f")
        default: return unsafe writeHex(UInt32(byte), at: &end)
        }
        unsafe end[0] = UInt8(ascii: "\\")
        unsafe end[1] = letter
        unsafe end += 2
    }

    /// Writes the character at `position`, or only its first byte if it needs no escape.
    private mutating func escapeOne(_ text: Span<UInt8>, at end: inout UnsafeMutablePointer<UInt8>) {
        let byte = text[position]
        if byte < 0x80, (byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")) {
            unsafe Self.escape(byte, at: &end)
            position &+= 1
        } else if let (scalar, length) = text.controlScalar(at: position) {
            unsafe Self.writeHex(scalar, at: &end)
            position &+= length
        } else {
            unsafe end[0] = byte
            unsafe end += 1
            position &+= 1
        }
    }

    /// Writes `\uXXXX`.
    private static func writeHex(_ scalar: UInt32, at end: inout UnsafeMutablePointer<UInt8>) {
        unsafe end[0] = UInt8(ascii: "\\")
        unsafe end[1] = UInt8(ascii: "u")
        for place in 0..<4 {
            let nibble = UInt8(truncatingIfNeeded: scalar &>> UInt32(12 &- 4 &* place) & 0xf)
            unsafe end[2 &+ place] = nibble &+ (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10)
        }
        unsafe end += 6
    }
}

extension Span<UInt8> {
    /// The non-ASCII control character at `position` and its length in UTF-8, if there is one: C1, U+061C, U+200E,
    /// U+200F, U+2028 to U+202E, U+2066 to U+2069.
    fileprivate func controlScalar(at position: Int) -> (scalar: UInt32, length: Int)? {
        let first = self[position]
        guard first >= 0xc2, position &+ 1 < count else { return nil }
        let second = self[position &+ 1]
        switch first {
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
    fileprivate static var topBits: UInt64 { eight(0x80) }

    /// The top bit of each byte that needs an escape; all bytes must be below 0x80, so that no sum carries over.
    fileprivate var escapeFlags: UInt64 {
        let notControl = self &+ Self.eight(0x60)
        let notQuote = (self ^ Self.eight(UInt8(ascii: "\""))) &+ Self.eight(0x7f)
        let notBackslash = (self ^ Self.eight(UInt8(ascii: "\\"))) &+ Self.eight(0x7f)
        let delete = self &+ Self.eight(0x01)
        return ~(notControl & notQuote & notBackslash & ~delete) & Self.topBits
    }

    /// Whether a byte needs an escape, or may begin a character that does; may be true although none does.
    fileprivate var mayNeedEscape: Bool {
        let controls = (self &- Self.eight(0x20)) & ~self
        var flags = controls | zeroBytes(xor: UInt8(ascii: "\"")) | zeroBytes(xor: UInt8(ascii: "\\"))
        flags |= zeroBytes(xor: 0x7f) | zeroBytes(xor: 0xc2) | zeroBytes(xor: 0xd8) | zeroBytes(xor: 0xe2)
        return flags & Self.topBits != 0
    }

    @inline(__always)
    private func zeroBytes(xor byte: UInt8) -> UInt64 {
        let difference = self ^ Self.eight(byte)
        return (difference &- Self.eight(0x01)) & ~difference
    }

    @inline(__always)
    private static func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
