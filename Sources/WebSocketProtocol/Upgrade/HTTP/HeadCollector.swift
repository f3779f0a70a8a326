/// Finds the end of a head of one stream; a head that lies in one piece stays there, a split one is gathered.
struct HeadCollector {
    /// How far a head has come.
    enum Progress {
        /// All bytes are taken, or as many as the limit allows.
        case incomplete
        /// Its first line is complete, and not HTTP/1.
        case broken
        /// It is complete in the piece, from here to the place reached.
        case inPlace(from: Int)
        /// It is complete: `take()` gives it.
        case gathered
        /// It is longer than the limit.
        case oversized
    }

    /// What its first bytes tell.
    var firstBytes = FirstBytes()
    private var end = HeadEnd(in: .filled)
    /// The bytes of an incomplete head.
    private var gathered: [UInt8] = []

    /// How many bytes it keeps.
    var count: Int { gathered.count }

    /// What these take in memory, in bytes.
    var capacity: Int { gathered.capacity }

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

    /// Gives the gathered head and starts anew.
    mutating func take() -> [UInt8] {
        let head = gathered
        self = HeadCollector()
        return head
    }
}
