package import WireFormat

/// Bytes before the first request that are neither HTTP nor a known proxy's: a few bytes of a load balancer, a
/// greeting.
extension UpgradeFollower {
    /// Whether bytes of no known kind preceded the first head of a stream.
    package func hasPreamble(_ direction: Direction) -> Bool { history.hasPreamble(direction) }

    /// Whether no head was read yet, so that bytes of any kind may still precede it.
    var mayHavePreamble: Bool { traffic.isEmpty && !missing.isStreamUnseen }

    /// Starts to look for the first head of a stream, in the bytes that were taken for one and in those that follow.
    mutating func beginPreamble(_ direction: Direction) -> Outcome? {
        let taken = streams[direction.index].head.take()
        return beginPreamble(direction, with: taken.span, from: 1)
    }

    /// Starts to look for the first head of a stream, in bytes that were consumed and in those that follow.
    ///
    /// This happens once per stream: something that looks like a head in the search and is not one ends it.
    ///
    /// - Parameters:
    ///   - direction: The stream.
    ///   - bytes: The consumed bytes.
    ///   - start: Where a head may begin in them; 1 if they were taken for a head and are not one.
    /// - Returns: What to report, if anything.
    mutating func beginPreamble(_ direction: Direction, with bytes: Span<UInt8>, from start: Int) -> Outcome? {
        let mayBegin = mayHavePreamble || direction == .fromResponder && !history.hasAnswer
        guard mayBegin, !history.hasPreamble(direction) else { return finish(brokenEnding) }
        history.recordPreamble(direction)
        if client == direction { client = nil }
        streams[direction.index] = MessageStream(place: .preamble(Preamble()))
        // What was taken for an answer without a request is not an answer.
        guard direction == .fromInitiator || outstanding.first != nil || start == 0 else { return nil }
        var offset = min(start, bytes.count)
        while offset < bytes.count, case .following = phase {
            if let outcome = readAgain(bytes, from: &offset, direction) { return outcome }
        }
        return nil
    }

    /// Reads consumed bytes again; they hold at most one head.
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

    /// Why a stream that is not HTTP here ends.
    var brokenEnding: Ending { traffic.contains(.exchanges) ? .brokenHTTP : .unknown }

    /// Whether what looks like a request line is a preamble and a request: "xGET /chat HTTP/1.1" is a letter and a
    /// request.
    func isPreamble(_ line: RequestLine, in head: Span<UInt8>) -> Bool {
        guard mayHavePreamble, !head.equals("GET", in: line.method) else { return false }
        let first = head.extracting(0..<min(line.end, head.count))
        return first.firstIndex(of: "GET /") != nil
    }
}
