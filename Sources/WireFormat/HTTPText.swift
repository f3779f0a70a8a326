extension UInt8 {
    /// Space or tab (RFC 9110 5.6.3).
    @inlinable package var isWhiteSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// White space or a line end.
    @inlinable package var isSpace: Bool { isWhiteSpace || isLineEnd }

    /// Carriage return or line feed.
    @inlinable package var isLineEnd: Bool { self == UInt8(ascii: "\r") || self == UInt8(ascii: "\n") }

    /// A character of a token (RFC 9110 5.6.2): a letter, a digit, or one of `!#$%&'*+-.^_|~` and the grave accent.
    @inlinable package var isTokenCharacter: Bool {
        // One bit for each character: one word for those below 64, one for those from 64 to 127.
        let word: UInt64 = self < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe
        return self < 128 && word &>> (self & 63) & 1 == 1
    }

    /// A character of ASCII text in lines: visible, or white space.
    @inlinable package var isText: Bool { (0x20...0x7e).contains(self) || (0x09...0x0d).contains(self) }

    /// An ASCII letter.
    @inlinable package var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    /// An ASCII digit.
    @inlinable package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// The value of a hexadecimal digit; nil if it is not one.
    @inlinable package var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes of `range` are those of `text`.
    @inlinable
    package func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        range.count == text.utf8CodeUnitCount && starts(with: text, at: range.lowerBound, in: range)
    }

    /// Whether the bytes of `range` are those of `text` (given in lower case), in any case.
    @inlinable
    package func equalsIgnoringCase(_ text: StaticString, in range: Range<Int>) -> Bool {
        let count = range.count
        guard count == text.utf8CodeUnitCount else { return false }
        let start = unsafe text.utf8Start
        let bytes = extracting(range)
        return unsafe bytes.withUnsafeBytes { bytes in
            let text = unsafe UnsafeRawBufferPointer(start: start, count: count)
            // Most names differ in their first bytes, and not only by case.
            if count >= 8 {
                let difference =
                    unsafe bytes.loadUnaligned(as: UInt64.self) ^ text.loadUnaligned(as: UInt64.self)
                guard difference & ~0x2020_2020_2020_2020 == 0 else { return false }
            }
            for index in 0..<count {
                let byte = unsafe text[index]
                let difference = unsafe bytes[index] ^ byte
                guard difference == 0 || difference == 0x20 && byte.isLetter else { return false }
            }
            return true
        }
    }

    /// Whether all of `text` is at `start`, within `range`.
    @inlinable
    package func starts(with text: StaticString, at start: Int, in range: Range<Int>) -> Bool {
        guard range.upperBound - start >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where unsafe self[start &+ index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// The range without white space and line ends around it.
    @inlinable @inline(__always)
    package func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        // Few other bytes of a field are this small, so one comparison is usually enough.
        while lower < upper, self[lower] <= UInt8(ascii: " "), self[lower].isSpace { lower += 1 }
        while lower < upper, self[upper - 1] <= UInt8(ascii: " "), self[upper - 1].isSpace { upper -= 1 }
        return lower..<upper
    }

    /// The index of `byte` in `range`; the range's end if there is none.
    ///
    /// Compares sixteen bytes at a time.
    @inlinable @inline(__always)
    package func index(of byte: UInt8, in range: Range<Int>) -> Int {
        let pattern = SIMD16<UInt8>(repeating: byte)
        let bytes = unsafe extracting(range).bytes
        let count = bytes.byteCount
        var index = 0
        while index &+ 16 <= count {
            let block = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: SIMD16<UInt8>.self)
            let equal = unsafe unsafeBitCast(block .== pattern, to: SIMD2<UInt64>.self)
            if equal[0] | equal[1] != 0 {
                let lanes = equal[0] != 0 ? equal[0].littleEndian : equal[1].littleEndian
                return range.lowerBound &+ index &+ (equal[0] != 0 ? 0 : 8) &+ lanes.trailingZeroBitCount / 8
            }
            index &+= 16
        }
        while index < count, unsafe bytes.unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self) != byte {
            index &+= 1
        }
        return range.lowerBound &+ index
    }

    /// The text of `range`; bytes that are not UTF-8 are replaced by U+FFFD.
    package func string(_ range: Range<Int>) -> String {
        let bytes = extracting(range)
        return unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of a field's value: each fold of its lines (RFC 9112 5.2) becomes one space.
    package func unfolded(_ range: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if self[index] == UInt8(ascii: "\n") {
                while let last = text.last, last.isWhiteSpace || last.isLineEnd { text.removeLast() }
                while index < range.upperBound, self[index].isWhiteSpace || self[index].isLineEnd { index += 1 }
                text.append(UInt8(ascii: " "))
            } else {
                text.append(self[index])
                index += 1
            }
        }
        return text
    }
}

/// Reads the elements of a list field (RFC 9110 5.6.1) one by one, as ranges, without white space around them; empty
/// elements are skipped.
package struct ListReader {
    private var position = 0

    /// Creates a reader at the first element.
    package init() {}

    /// The next element; nil at the end.
    package mutating func next(in list: Span<UInt8>) -> Range<Int>? {
        while position < list.count {
            var lower = position
            var upper = list.index(of: UInt8(ascii: ","), in: lower..<list.count)
            position = upper + 1
            while lower < upper, list[lower].isWhiteSpace { lower += 1 }
            while lower < upper, list[upper - 1].isWhiteSpace { upper -= 1 }
            if lower < upper { return lower..<upper }
        }
        return nil
    }
}

extension Span<UInt8> {
    /// The elements of a list as text.
    package var elements: [String] {
        var elements: [String] = []
        var reader = ListReader()
        while let element = reader.next(in: self) { elements.append(string(element)) }
        return elements
    }

    /// Whether a list contains a token (given in lower case) in any case; a version after a slash is ignored.
    package func hasToken(_ token: StaticString) -> Bool {
        // Most lists are the token alone.
        if equalsIgnoringCase(token, in: indices) { return true }
        var reader = ListReader()
        while let element = reader.next(in: self) {
            let name = element.lowerBound..<index(of: UInt8(ascii: "/"), in: element)
            if equalsIgnoringCase(token, in: name) { return true }
        }
        return false
    }
}
