/// Walks the header fields of a complete head (RFC 9112 5) by their places, making no strings.
///
/// White space before the colon is passed over, folded lines (5.2) belong to the value, and lines without a colon
/// are no fields.
struct FieldReader {
    /// Where a field stands in its head.
    struct Field {
        /// The name.
        let name: Range<Int>
        /// The value without white space around it.
        let value: Range<Int>
        /// Whether the value may hold folds.
        let isFolded: Bool
    }

    private var position: Int

    /// Starts at the line after the first.
    init(at position: Int) {
        self.position = position
    }

    /// The next field; nil at the end.
    mutating func next(in head: Span<UInt8>) -> Field? {
        while position < head.count {
            let start = position
            var end = head.index(of: UInt8(ascii: "\n"), in: start..<head.count)
            let colon = head.index(of: UInt8(ascii: ":"), in: start..<end)
            let lineEnd = end
            // RFC 9112 5.2: a line that begins with white space continues the one before.
            while end + 1 < head.count, head[end + 1].isWhiteSpace {
                end = head.index(of: UInt8(ascii: "\n"), in: end + 1..<head.count)
            }
            position = end + 1
            guard colon < end, head[colon] == UInt8(ascii: ":") else { continue }
            let name = head.trimmed(start..<colon)
            // RFC 9112 2.2: white space between the first line and the first field makes no field.
            guard name.lowerBound == start, !name.isEmpty else { continue }
            return Field(name: name, value: head.trimmed(colon + 1..<end), isFolded: lineEnd < end)
        }
        return nil
    }
}

extension FieldReader.Field {
    /// The value as text; each fold of its lines becomes one space.
    func text(in head: Span<UInt8>) -> String {
        isFolded ? String(decoding: head.unfolded(value), as: UTF8.self) : head.string(value)
    }

    /// The elements of the value, which is a list (RFC 9110 5.6.1).
    func elements(in head: Span<UInt8>) -> [String] {
        if isFolded {
            let list = head.unfolded(value)
            return list.span.elements
        }
        return head.extracting(value).elements
    }

    /// Whether the value, which is a list, has a token (in lower case), whatever the case of its letters; a version
    /// behind a slash does not count.
    func hasToken(_ token: StaticString, in head: Span<UInt8>) -> Bool {
        if isFolded {
            let list = head.unfolded(value)
            return list.span.hasToken(token)
        }
        return head.extracting(value).hasToken(token)
    }
}
