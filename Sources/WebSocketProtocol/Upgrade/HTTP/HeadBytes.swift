extension UInt8 {
    /// Space or tab (RFC 9110 5.6.3).
    var isWhiteSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// Carriage return or line feed.
    var isLineEnd: Bool { self == UInt8(ascii: "\r") || self == UInt8(ascii: "\n") }

    /// A character of a token (RFC 9110 5.6.2).
    var isTokenCharacter: Bool {
        isLetter || isDigit || "!#$%&'*+-.^_`|~".utf8.contains(self)
    }

    /// An ASCII letter.
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    /// An ASCII digit.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// An ASCII letter in lower case; any other byte as it is.
    var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}

extension Collection<UInt8> {
    /// Whether these are the bytes of `text` (in lower case), whatever the case of their letters.
    func equalsIgnoringCase(_ text: String) -> Bool {
        count == text.utf8.count && hasPrefixIgnoringCase(text)
    }

    /// Whether these bytes begin with those of `text` (in lower case), whatever the case of their letters.
    func hasPrefixIgnoringCase(_ text: String) -> Bool {
        var index = startIndex
        for byte in text.utf8 {
            guard index < endIndex, self[index].lowercased == byte else { return false }
            formIndex(after: &index)
        }
        return true
    }
}

extension Span<UInt8> {
    /// Whether the bytes of `range` are those of `text`.
    func equals(_ text: String, in range: Range<Int>) -> Bool {
        range.count == text.utf8.count && starts(with: text, at: range.lowerBound, in: range)
    }

    /// Whether the bytes of `range` are those of `text` (in lower case), whatever the case of their letters.
    func equalsIgnoringCase(_ text: String, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var index = range.lowerBound
        for byte in text.utf8 {
            guard self[index].lowercased == byte else { return false }
            index += 1
        }
        return true
    }

    /// Whether `text` stands at `start`, all of it inside `range`.
    func starts(with text: String, at start: Int, in range: Range<Int>) -> Bool {
        guard range.upperBound - start >= text.utf8.count else { return false }
        var index = start
        for byte in text.utf8 {
            guard self[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// The range without white space and line ends around it.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isWhiteSpace || self[lower].isLineEnd { lower += 1 }
        while lower < upper, self[upper - 1].isWhiteSpace || self[upper - 1].isLineEnd { upper -= 1 }
        return lower..<upper
    }

    /// The index of `byte` in `range`; the range's end where there is none.
    func index(of byte: UInt8, in range: Range<Int>) -> Int {
        let bytes = extracting(range)
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            range.lowerBound &+ (unsafe bytes.firstIndex(of: byte) ?? range.count)
        }
    }

    /// The text of `range`; bytes that are not UTF-8 are replaced by U+FFFD.
    func string(_ range: Range<Int>) -> String {
        let bytes = extracting(range)
        return unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The text of a field's value: each fold of its lines (RFC 9112 5.2) becomes one space.
    func unfoldedString(_ range: Range<Int>) -> String {
        guard index(of: UInt8(ascii: "\n"), in: range) < range.upperBound else { return string(range) }
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
        return String(decoding: text, as: UTF8.self)
    }
}
