/// Walks the header fields of a complete head (RFC 9112 5) by their places, making no strings.
///
/// White space before the colon is passed over, folded lines (5.2) belong to the value, and lines without a colon
/// are no fields.
struct FieldReader {
    /// Where a field stands in its head.
    struct Field {
        /// The name.
        let name: Range<Int>
        /// The value without white space around it; it may hold folds.
        let value: Range<Int>
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
            // RFC 9112 5.2: a line that begins with white space continues the one before.
            while end + 1 < head.count, head[end + 1].isWhiteSpace {
                end = head.index(of: UInt8(ascii: "\n"), in: end + 1..<head.count)
            }
            position = end + 1
            guard colon < end, head[colon] == UInt8(ascii: ":") else { continue }
            let name = head.trimmed(start..<colon)
            // RFC 9112 2.2: white space between the first line and the first field makes no field.
            guard name.lowerBound == start, !name.isEmpty else { continue }
            return Field(name: name, value: head.trimmed(colon + 1..<end))
        }
        return nil
    }
}
