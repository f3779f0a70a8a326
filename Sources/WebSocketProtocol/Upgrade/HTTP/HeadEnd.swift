/// Finds the empty line that ends a head or a trailer section, over any number of pieces, in one pass.
///
/// A line feed alone ends a line too (RFC 9112 2.2).
struct HeadEnd {
    /// How the current line began.
    enum Line: UInt8 {
        /// It has no byte yet.
        case empty
        /// It has a carriage return only.
        case carriageReturn
        /// It has something else.
        case filled
    }

    private var line: Line
    /// Whether a line has ended.
    private(set) var hasLine = false

    /// Starts in a first line that is not empty, or where any line begins.
    init(in line: Line) {
        self.line = line
    }

    /// The index behind the empty line; nil when it does not end before `end`.
    mutating func find(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var index = start
        while index < end {
            if line == .filled {
                index = bytes.index(of: UInt8(ascii: "\n"), in: index..<end)
                guard index < end else { return nil }
            }
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\n") {
                hasLine = true
                guard line == .filled else { return index }
                line = .empty
            } else {
                line = byte == UInt8(ascii: "\r") && line == .empty ? .carriageReturn : .filled
            }
        }
        return nil
    }
}
