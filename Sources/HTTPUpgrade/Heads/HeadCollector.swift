import WireFormat

/// Finds the end of a head in one stream.
///
/// A head that comes in one piece is left in place; a split one is gathered.
struct HeadCollector {
    /// How much of a head there is.
    enum Progress {
        /// All bytes were taken, or as many as the limit allows.
        case incomplete
        /// Its first line is complete and is not HTTP/1.
        case broken
        /// It is complete within the piece: from here to the offset reached.
        case inPlace(from: Int)
        /// It is complete: `take()` returns it.
        case gathered
        /// It is longer than the limit.
        case oversized
    }

    /// What its first bytes show.
    var firstBytes = FirstBytes()
    private var end = HeadEnd(in: .filled)
    /// The bytes of an incomplete head.
    private var gathered: [UInt8] = []

    /// The number of bytes kept.
    var count: Int { gathered.count }

    /// The most memory that they take, in bytes.
    ///
    /// Not the array's capacity, which depends on the allocator, and so on the thread.
    var cost: Int { 2 &* gathered.count }

    /// Reads on in `bytes` from `offset`, which moves to the end of the head or of the bytes.
    mutating func read(_ bytes: Span<UInt8>, from offset: inout Int, limit: Int) -> Progress {
        let start = offset
        let reach = min(bytes.count, start + max(0, limit - gathered.count))
        let hadLine = end.hasLine
        let found = end.find(in: bytes, from: start, to: reach)
        offset = found ?? reach
        if found != nil, gathered.isEmpty { return .inPlace(from: start) }
        for index in start..<offset { gathered.append(bytes[index]) }
        if found != nil { return .gathered }
        if !hadLine, end.hasLine { return isHTTP ? .incomplete : .broken }
        return reach < bytes.count ? .oversized : .incomplete
    }

    /// Whether the gathered bytes begin with a first line of HTTP.
    private var isHTTP: Bool {
        firstBytes.kind == .request ? RequestLine(gathered.span) != nil : StatusLine(gathered.span) != nil
    }

    /// Whether what is gathered, and what follows it in `bytes` from `offset` on, begins with a text.
    func begins(_ text: StaticString, continuing bytes: Span<UInt8>, from offset: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard gathered.count <= count, bytes.count &- offset >= count &- gathered.count else { return false }
        for index in 0..<count {
            let byte = index < gathered.count ? gathered[index] : bytes[offset &+ index &- gathered.count]
            if unsafe byte != text.utf8Start[index] { return false }
        }
        return true
    }

    /// Looks for a request line in what follows a preamble; gathers what may be the line.
    ///
    /// - Returns: The line, after which it starts over; nil if it is not complete.
    mutating func findRequest(
        after preamble: inout Preamble, in bytes: Span<UInt8>, from offset: inout Int, limit: Int
    ) -> [UInt8]? {
        preamble.findRequest(&gathered, in: bytes, from: &offset, limit: limit) ? take() : nil
    }

    /// Starts over with the first part of a head.
    mutating func gatherAgain(_ part: Span<UInt8>) {
        self = HeadCollector()
        firstBytes.read(part, from: 0)
        var offset = 0
        _ = read(part, from: &offset, limit: .max)
    }

    /// Keeps a head that was read in place after all.
    mutating func keep(_ head: Span<UInt8>) {
        gathered = head.indices.map { head[$0] }
    }

    /// Returns the gathered bytes and starts over.
    mutating func take() -> [UInt8] {
        let head = gathered
        self = HeadCollector()
        return head
    }
}

/// Finds the empty line that ends a head or a trailer section, over any number of pieces, in one pass.
///
/// A line feed alone ends a line too (RFC 9112 2.2).
struct HeadEnd {
    /// How the current line began.
    enum Line: UInt8 {
        /// It is empty so far.
        case empty
        /// With a carriage return, and nothing else so far.
        case carriageReturn
        /// With something else.
        case filled
    }

    private var line: Line
    /// Whether a line has ended.
    private(set) var hasLine = false

    /// Starts in a line that is not empty, or where one begins.
    init(in line: Line) {
        self.line = line
    }

    /// The index after the empty line; nil if that does not end before `end`.
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
