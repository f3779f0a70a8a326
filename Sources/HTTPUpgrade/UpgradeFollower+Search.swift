package import WireFormat

extension UpgradeFollower {
    /// Starts searching: from here on, the ends of messages in `direction` are unknown, and so is which response in the
    /// other stream answers which request.
    mutating func search(after direction: Direction) {
        awaited.lose(fromServer: direction != client)
        missing.endGap()
        phase = .searching(headsOnly: false)
        outstanding = OutstandingRequests()
        watched = nil
        streams[direction.index] = MessageStream()
        streams[direction.opposite.index].enterSearch()
    }

    /// Continues on a connection whose HTTP could not be followed, since an upgrade may still come.
    ///
    /// - Returns: Whether it does; if not, it was stopped, or has found something else.
    package mutating func searchOn() -> Bool {
        guard case .finished(.brokenHTTP) = phase else { return false }
        phase = .searching(headsOnly: true)
        missing.endGap()
        return true
    }

    /// Ends a body with a wrong length if the next piece shows that it is over.
    ///
    /// For the server's, the piece must prove to be the answer to the pending request. For the client's, it must be a
    /// request, and the body's own request must have been answered.
    package mutating func endBody(before bytes: Span<UInt8>, from direction: Direction) {
        guard watchesBodies, case .following = phase else { return }
        guard direction == client ? outstanding.first == nil : awaited.holdsClient && pendingRequest != nil
        else { return }
        switch streams[direction.index].place {
        case .head, .preamble: return
        case .body, .chunked, .untilClose:
            guard direction == client ? RequestLine(bytes) != nil : answersUpgrade(bytes) else { return }
            _ = finish(.brokenHTTP)
            _ = searchOn()
        }
    }

    /// Whether a piece begins with the 101 to the pending request: its Accept proves that it is not a quotation in a
    /// body.
    private func answersUpgrade(_ bytes: Span<UInt8>) -> Bool {
        guard let pendingRequest, let line = StatusLine(bytes), line.status == 101 else { return false }
        var collector = HeadCollector()
        var end = 0
        _ = collector.read(bytes, from: &end, limit: limits.head)
        guard line.end <= end else { return false }
        let head = bytes.extracting(first: end)
        let response = HTTPResponse(line, HeadFacts(head, after: line.end), head: head)
        return UpgradeAnswer(pendingRequest, response: response).isAcceptValid == true
    }

    /// Reads a piece that begins with a head or continues one; skips everything else.
    mutating func search(
        _ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction, _ precedesRequest: Bool
    ) -> Outcome? {
        let index = direction.index
        if direction == client, awaited.holdsClient || awaited.mayBeInGap, let pendingRequest {
            // A client's frames never begin like a request line, since their second byte has the mask bit.
            if bytes.extracting(offset...).beginsRequest {
                let answer = UpgradeAnswer(lost: pendingRequest)
                settle(answer)
                return .answered(answer)
            }
            if awaited.holdsClient { return .waits }
        }
        if awaitsRequest, endsWait(bytes.extracting(offset...), direction) { return .waits }
        streams[index].head.firstBytes.read(bytes, from: offset)
        let kind = streams[index].head.firstBytes.kind
        guard kind == .request || kind == .response else {
            return skipRest(bytes, from: &offset, direction)
        }
        let start = offset
        switch streams[index].head.read(bytes, from: &offset, limit: limits.head) {
        case .incomplete:
            return nil
        case .inPlace(let start):
            streams[index].head = HeadCollector()
            if kind == .response, mustAwaitRequest(bytes.extracting(start..<offset), direction) {
                offset = start
                return .waits
            }
            return found(bytes.extracting(start..<offset), kind, direction, precedesRequest)
                ?? skipRest(bytes, from: &offset, direction)
        case .gathered:
            let head = streams[index].head.take()
            // It is gathered again whenever the other stream moves.
            if kind == .response, head.count <= Self.longestWaitingHead, mustAwaitRequest(head.span, direction) {
                streams[index].head.gatherAgain(head.span.extracting(droppingLast: offset - start))
                offset = start
                return .waits
            }
            return found(head.span, kind, direction, precedesRequest) ?? skipRest(bytes, from: &offset, direction)
        case .broken, .oversized:
            return skipRest(bytes, from: &offset, direction)
        }
    }

    private mutating func skipRest(_ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction) -> Outcome? {
        offset = bytes.count
        streams[direction.index].head = HeadCollector()
        return nil
    }

    /// Reads a head that was found, which may be a quotation in a body.
    private mutating func found(
        _ head: Span<UInt8>, _ kind: FirstBytes.Kind, _ direction: Direction, _ precedesRequest: Bool
    ) -> Outcome? {
        kind == .request ? foundRequest(head, direction) : foundResponse(head, direction, precedesRequest)
    }

    private mutating func foundRequest(_ head: Span<UInt8>, _ direction: Direction) -> Outcome? {
        guard pendingRequest == nil, let line = RequestLine(head), !line.isHTTP2Preface else { return nil }
        client = direction
        history.record(line, in: head)
        let facts = HeadFacts(head, after: line.end)
        guard facts.asksForWebSocket else { return nil }
        awaited.expect(answerTo: HTTPRequest(line, facts.upgrade, head: head))
        return .requested
    }

    private mutating func foundResponse(
        _ head: Span<UInt8>, _ direction: Direction, _ precedesRequest: Bool
    ) -> Outcome? {
        guard client != direction, let line = StatusLine(head) else { return nil }
        client = direction.opposite
        let facts = HeadFacts(head, after: line.end)
        history.record(facts)
        guard let pendingRequest else {
            // If there is another stream, its request must have been seen too.
            guard hasEarlyAnswer || !history.hasBytes(direction.opposite), let answer = unaskedAnswer(line, facts, head)
            else { return nil }
            settle(answer)
            return .answered(answer)
        }
        guard line.status == 101 || line.status >= 200 && !precedesRequest else { return nil }
        let response = HTTPResponse(line, facts, head: head)
        let answer = UpgradeAnswer(pendingRequest, response: response)
        if line.status == 101 {
            // Without an Accept to prove it, what follows has to.
            let isUnproven = facts.upgrade.accept == nil && !awaited.mayBeInGap
            guard answer.verdict == .accepted, answer.isAcceptValid == true || isUnproven else { return nil }
        }
        settle(answer)
        return .answered(answer)
    }
}

extension Span<UInt8> {
    /// Whether the bytes begin with a request: with a complete first line (RFC 9112 3) or, if the line continues after
    /// them, with a word and nothing but text.
    var beginsRequest: Bool {
        var first = FirstBytes()
        first.read(self, from: 0)
        guard first.kind == .request else { return false }
        let end = index(of: UInt8(ascii: "\n"), in: 0..<count)
        return end < count ? RequestLine(self) != nil : (0..<count).allSatisfy { self[$0].isText }
    }
}
