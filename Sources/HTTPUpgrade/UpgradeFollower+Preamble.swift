package import WireFormat

/// What stands before the first request and is neither HTTP nor a known proxy's: a few bytes of a load balancer, a
/// greeting.
extension UpgradeFollower {
    /// Whether bytes of no known kind stood before the first head of a stream.
    package func hasPreamble(_ direction: Direction) -> Bool { history.hasPreamble(direction) }

    /// Whether no head was read yet, so that bytes of any kind may still stand before it.
    var mayHavePreamble: Bool { traffic.isEmpty && !missing.isStreamUnseen }

    /// Starts to look for the first head of a stream, in what was taken for one and in what follows.
    mutating func beginPreamble(_ direction: Direction) -> Outcome? {
        let taken = streams[direction.index].head.take()
        return beginPreamble(direction, with: taken.span, from: 1)
    }

    /// Starts to look for the first head of a stream, in bytes that were consumed and in what follows.
    ///
    /// Once for each stream: what looks like a head in the search and is none ends it.
    ///
    /// - Parameters:
    ///   - direction: The stream.
    ///   - bytes: What was consumed.
    ///   - start: Where a head may begin in it; 1 if it was taken for a head and is none.
    /// - Returns: What to report, if there is anything.
    mutating func beginPreamble(_ direction: Direction, with bytes: Span<UInt8>, from start: Int) -> Outcome? {
        let mayBegin = mayHavePreamble || direction == .fromResponder && !history.hasAnswer
        guard mayBegin, !history.hasPreamble(direction) else { return finish(brokenEnding) }
        history.recordPreamble(direction)
        if client == direction { client = nil }
        streams[direction.index] = MessageStream(place: .preamble(Preamble()))
        // What was taken for an answer without a request is no answer.
        guard direction == .fromInitiator || outstanding.first != nil || start == 0 else { return nil }
        var offset = min(start, bytes.count)
        while offset < bytes.count, case .following = phase {
            if let outcome = readAgain(bytes, from: &offset, direction) { return outcome }
        }
        return nil
    }

    /// Reads what was consumed before, which holds one head at most.
    private mutating func readAgain(_ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction) -> Outcome? {
        guard case .preamble = streams[direction.index].place else {
            return collectHead(bytes, from: &offset, direction)
        }
        return readPreamble(bytes, from: &offset, direction)
    }

    /// Reads on until a head begins.
    mutating func readPreamble(
        _ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction
    ) -> Outcome? {
        let index = direction.index
        guard case .preamble(var preamble) = streams[index].place else { return nil }
        let line =
            direction == .fromInitiator
            ? streams[index].head.findRequest(after: &preamble, in: bytes, from: &offset, limit: limits.head)
            : preamble.findStatus(in: bytes, from: &offset)
        guard let line else {
            guard !preamble.isOver || streams[index].head.count > 0 else { return finish(brokenEnding) }
            streams[index].place = .preamble(preamble)
            return nil
        }
        var head = HeadCollector()
        var start = 0
        head.firstBytes.read(line.span, from: 0)
        _ = head.read(line.span, from: &start, limit: limits.head)
        client = .fromInitiator
        streams[index] = MessageStream(head: head)
        return nil
    }

    /// The ending of a stream that is not HTTP here.
    var brokenEnding: Ending { traffic.contains(.exchanges) ? .brokenHTTP : .unknown }

    /// Whether what looks like a request line is a preamble and a request: "xGET /chat HTTP/1.1" is a letter and a
    /// request.
    func isPreamble(_ line: RequestLine, in head: Span<UInt8>) -> Bool {
        guard mayHavePreamble, !head.equals("GET", in: line.method) else { return false }
        let first = head.extracting(0..<min(line.end, head.count))
        return first.firstIndex(of: "GET /") != nil
    }
}
