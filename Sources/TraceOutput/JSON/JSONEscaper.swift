/// Writes valid UTF-8 as the inside of a JSON string, a piece at a time: eight bytes at once, up to the next that needs
/// an escape.
struct JSONEscaper {
    /// The most bytes of text in a piece; its last character may end behind it.
    private static let pieceLength = 1024
    /// The most bytes that a piece becomes: six for each byte, and eight that are written and taken back.
    static let maximumOutput = (pieceLength + 2) * 6 + 8

    /// How many bytes of the text are done.
    private(set) var position = 0

    /// Writes the next piece of `text` at `target`, which has room for ``maximumOutput`` bytes; returns how many.
    mutating func escape(_ text: Span<UInt8>, at target: UnsafeMutablePointer<UInt8>) -> Int {
        let stop = min(position &+ Self.pieceLength, text.count)
        let output = UnsafeMutableRawPointer(target)
        var written = 0
        unsafe text.withUnsafeBytes { source in
            while position &+ 8 <= stop {
                let word = unsafe source.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                unsafe output.storeBytes(of: word, toByteOffset: written, as: UInt64.self)
                let flags = word.littleEndian.escapeFlags
                // A branch, not a sum: the next word need not wait for this one's flags.
                if flags == 0 {
                    position &+= 8
                    written &+= 8
                    continue
                }
                let plain = flags.trailingZeroBitCount &>> 3
                position &+= plain
                written &+= plain
                let byte = unsafe source[position]
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    // By far the most common: text that is JSON itself.
                    let pair = UInt16(UInt8(ascii: "\\")) | UInt16(byte) &<< 8
                    unsafe output.storeBytes(of: pair.littleEndian, toByteOffset: written, as: UInt16.self)
                    written &+= 2
                    position &+= 1
                } else {
                    unsafe escapeOne(text, at: target, &written)
                }
            }
        }
        while position < stop {
            unsafe escapeOne(text, at: target, &written)
        }
        return written
    }

    /// Writes the character at `position`, or its first byte where it needs no escape.
    @inline(__always)
    private mutating func escapeOne(_ text: Span<UInt8>, at target: UnsafeMutablePointer<UInt8>, _ written: inout Int) {
        let byte = text[position]
        let letter: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter = byte
        case 0x0a: letter = UInt8(ascii: "n")
        case 0x0d: letter = UInt8(ascii: "r")
        case 0x09: letter = UInt8(ascii: "t")
        case 0x08: letter = UInt8(ascii: "b")
        case 0x0c: letter = UInt8(ascii: "f")
        default:
            guard let (scalar, length) = text.controlScalar(at: position) else {
                unsafe target[written] = byte
                written &+= 1
                position &+= 1
                return
            }
            unsafe Self.writeHex(scalar, at: target + written)
            written &+= 6
            position &+= length
            return
        }
        unsafe target[written] = UInt8(ascii: "\\")
        unsafe target[written &+ 1] = letter
        written &+= 2
        position &+= 1
    }

    /// Writes `\uXXXX`.
    private static func writeHex(_ scalar: UInt32, at target: UnsafeMutablePointer<UInt8>) {
        unsafe target[0] = UInt8(ascii: "\\")
        unsafe target[1] = UInt8(ascii: "u")
        for place in 0..<4 {
            let nibble = UInt8(truncatingIfNeeded: scalar &>> UInt32(12 &- 4 &* place) & 0xf)
            unsafe target[2 &+ place] = nibble &+ (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10)
        }
    }
}

extension Span<UInt8> {
    /// The control character at `position` with its length in UTF-8, if there is one: C0, DEL, C1, U+061C, U+200E,
    /// U+200F, U+2028 to U+202E, U+2066 to U+2069.
    fileprivate func controlScalar(at position: Int) -> (scalar: UInt32, length: Int)? {
        let first = self[position]
        if first < 0x20 || first == 0x7f { return (UInt32(first), 1) }
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
    /// Has the top bit of the lowest byte set that needs an escape, or may begin a character that does; 0 when there is
    /// none.
    ///
    /// The bits above that one say nothing.
    fileprivate var escapeFlags: UInt64 {
        let tops = Self.eight(0x80)
        let controls = (self &- Self.eight(0x20)) & ~self
        var flags = controls | zeroBytes(xor: UInt8(ascii: "\"")) | zeroBytes(xor: UInt8(ascii: "\\"))
        flags |= zeroBytes(xor: 0x7f)
        if self & tops != 0 {
            flags |= zeroBytes(xor: 0xc2) | zeroBytes(xor: 0xd8) | zeroBytes(xor: 0xe2)
        }
        return flags & tops
    }

    @inline(__always)
    private func zeroBytes(xor byte: UInt8) -> UInt64 {
        let difference = self ^ Self.eight(byte)
        return (difference &- Self.eight(0x01)) & ~difference
    }

    @inline(__always)
    private static func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
