/// Walks the elements of a list field (RFC 9110 5.6.1) by their places, without white space around them; empty ones are
/// nothing.
struct ListReader {
    private var position = 0

    /// The next element; nil at the end.
    mutating func next(in list: Span<UInt8>) -> Range<Int>? {
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
    var elements: [String] {
        var elements: [String] = []
        var reader = ListReader()
        while let element = reader.next(in: self) { elements.append(string(element)) }
        return elements
    }

    /// Whether a list has a token (in lower case), whatever the case of its letters; a version behind a slash does not
    /// count.
    func hasToken(_ token: StaticString) -> Bool {
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
