import WireFormat

extension UpgradeFollower {
    /// Continues to read a head, or what precedes one.
    mutating func readHead(_ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction) -> Outcome? {
        let index = direction.index
        if mustWait(direction) { return .waits }
        if !streams[index].head.firstBytes.hasBegun {
            if mayBeginProxyHead(direction), bytes[offset] == UInt8(ascii: "\r") {
                return beginProxy(.proxyHeader, direction)
            }
            // RFC 9112 2.2: empty lines before a request line are ignored.
            while offset < bytes.count, bytes[offset].isLineEnd { offset += 1 }
            guard offset < bytes.count else { return nil }
            if mayAnswerUnseen(bytes[offset], direction) { return .waits }
        }
        if streams[index].head.firstBytes.kind == .undecided {
            streams[index].head.firstBytes.read(bytes, from: offset)
            return readOn(bytes, from: &offset, direction)
        }
        return collectHead(bytes, from: &offset, direction)
    }

    /// Reads on in a head as its first bytes say: who sends it, and whether it is one.
    private mutating func readOn(_ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction) -> Outcome? {
        switch streams[direction.index].head.firstBytes.kind {
        case .undecided: break
        case .request:
            if mayBeginProxyHead(direction),
                streams[direction.index].head.begins("PROXY ", continuing: bytes, from: offset)
            {
                return beginProxy(.proxyLine, direction, with: streams[direction.index].head.take())
            }
            guard client ?? proxies.tunnelClient ?? direction == direction, !isNoClient(direction) else {
                return beginPreamble(direction)
            }
            // A responder that begins with a word and a space may just be greeting, until its request is complete.
            if direction == .fromInitiator { client = direction }
        case .response:
            guard client ?? proxies.tunnelClient != direction else { return beginPreamble(direction) }
            if !isNoClient(direction.opposite) { client = direction.opposite }
            if mustWait(direction) { return .waits }
        case .tls where client == nil: return finish(.tls)
        case .socks4 where client == nil && direction == .fromInitiator: return beginProxy(.request4, direction)
        case .socks5 where client == nil && direction == .fromInitiator: return beginProxy(.methods, direction)
        case .tls, .socks4, .socks5, .other: return beginPreamble(direction)
        }
        return collectHead(bytes, from: &offset, direction)
    }

    /// Continues to read a head.
    mutating func collectHead(_ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction) -> Outcome? {
        let index = direction.index
        let isRequest = streams[index].head.firstBytes.kind == .request
        switch streams[index].head.read(bytes, from: &offset, limit: limits.head) {
        case .incomplete:
            return nil
        case .broken:
            return beginPreamble(direction)
        case .inPlace(let start):
            streams[index].head = HeadCollector()
            return readMessage(bytes.extracting(start..<offset), isRequest, direction)
        case .gathered:
            let head = streams[index].head.take()
            return readMessage(head.span, isRequest, direction)
        case .oversized:
            return finish(.oversizedHead)
        }
    }

    /// Whether the next message of a stream cannot be understood yet.
    ///
    /// The client's waits after a request that may change the streams. The server's waits for the request that it
    /// answers, to its end if that may change the streams.
    private func mustWait(_ direction: Direction) -> Bool {
        guard let client else { return false }
        if client == direction { return awaited.holdsClient || outstanding.count >= limits.outstandingRequests }
        guard let request = outstanding.first else { return !missing.excusesNext }
        return request.changesStreams && !streams[client.index].isBetweenMessages
    }

    /// Whether an end is not the client: the responder, if it began with something other than a request, or has waited
    /// for the initiator.
    ///
    /// Its stream is then searched for a response. If the first of two ends to be read on became the client, that would
    /// depend on how the initiator's bytes are cut, once a waiting responder may go on.
    private func isNoClient(_ direction: Direction) -> Bool {
        guard direction == .fromResponder else { return false }
        if case .preamble = streams[direction.index].place { return true }
        return history.hasResponderWaited
    }

    /// Whether a PROXY protocol header may come next: before any message, though the answer to the request after it may
    /// already be captured and waiting.
    private func mayBeginProxyHead(_ direction: Direction) -> Bool {
        direction == .fromInitiator && (client == nil || client == direction && mayHavePreamble)
    }

    /// Whether a responder's first byte may come from a SOCKS proxy, captured before what it answers, or from an HTTP/2
    /// server, which need not wait for the client (RFC 9113 3.4).
    private func mayAnswerUnseen(_ byte: UInt8, _ direction: Direction) -> Bool {
        guard client == nil, direction == .fromResponder, byte == 0 || byte == 5 else { return false }
        let initiator = streams[Direction.fromInitiator.index]
        if case .head = initiator.place { return initiator.head.firstBytes.kind == .undecided }
        return false
    }

    /// Reads a complete head that began as a request or as a response; the other end may have become the client since.
    private mutating func readMessage(_ head: Span<UInt8>, _ isRequest: Bool, _ direction: Direction) -> Outcome? {
        if client == nil, isRequest, !isNoClient(direction), RequestLine(head) != nil { client = direction }
        guard isRequest == (direction == client) else { return beginPreamble(direction, with: head, from: 1) }
        return isRequest ? readRequest(head, direction) : readResponse(head, direction)
    }

    private mutating func readRequest(_ head: Span<UInt8>, _ direction: Direction) -> Outcome? {
        guard let line = RequestLine(head), !isPreamble(line, in: head) else {
            return beginPreamble(direction, with: head, from: 1)
        }
        if line.isHTTP2Preface {
            streams[direction.index].head.keep(head)
            return finish(.http2)
        }
        let facts = HeadFacts(head, after: line.end)
        let isPolling = history.record(line, in: head)
        let traits = RequestTraits(line, facts, in: head)
        // RFC 9110 9.3.6: a CONNECT request has no content.
        let framing =
            traits.contains(.connect)
            ? .length(0) : BodyFraming(ofRequest: facts, isHTTP10: head.equals("1.0", in: line.version))
        guard framing != .broken else { return finish(.brokenHTTP) }
        let isWatched = reportsExchanges && outstanding.first == nil && !traits.changesStreams
        outstanding.append(traits)
        awaited.expect(changesStreams: traits.changesStreams)
        watchesBodies = traits.changesStreams
        streams[direction.index].enterBody(framing)
        guard traits.contains(.webSocket) || isWatched else { return nil }
        let request = HTTPRequest(line, facts.upgrade, head: head)
        if isWatched {
            watched = WatchedRequest(request, isPolling: isPolling)
            return .watched
        }
        // The third part of hixie-76's challenge follows the head like a body.
        if request.draft == HTTPRequest.hixie76, framing == .length(0) {
            streams[direction.index].enterBody(.length(8))
        }
        awaited.expect(answerTo: request)
        return .requested
    }

    private mutating func readResponse(_ head: Span<UInt8>, _ direction: Direction) -> Outcome? {
        guard let line = StatusLine(head), let request = outstanding.first ?? (missing.excusesNext ? [] : nil) else {
            return beginPreamble(direction, with: head, from: 1)
        }
        let facts = HeadFacts(head, after: line.end)
        history.record(facts)
        // RFC 9110 15.2: interim responses; 101 is a final one.
        if line.status < 200, line.status != 101 { return nil }
        outstanding.removeFirst()
        if outstanding.first == nil, let client, !streams[client.index].isBetweenMessages { watchesBodies = true }
        history.recordAnswer()
        if request.contains(.connect), 200..<300 ~= line.status {
            // RFC 9112 6.3, item 2.
            return beginTunnel()
        }
        if request.changesStreams { awaited.releaseClient() }
        let framing = BodyFraming(
            ofResponse: facts, status: line.status, toHEAD: request.contains(.head),
            isHTTP10: head.equals("1.0", in: line.version))
        if request.contains(.webSocket), let pendingRequest {
            let response = HTTPResponse(line, facts, head: head)
            let answer = UpgradeAnswer(pendingRequest, response: response)
            streams[direction.index].enterBody(framing)
            settle(answer)
            if framing == .broken { _ = finish(.brokenHTTP) }
            return .answered(answer)
        }
        let isUnasked = missing.excusesNext
        missing.endGap()
        if isUnasked, let answer = unaskedAnswer(line, facts, head) {
            settle(answer)
            return .answered(answer)
        }
        let exchange = takeExchange(line, facts, head)
        guard line.status != 101 else { return finish(.otherUpgrade) }
        if framing == .broken {
            let ending = finish(.brokenHTTP)
            return exchange ?? ending
        }
        streams[direction.index].enterBody(framing)
        return exchange
    }

    /// The exchange that a response ends, if it is to be reported.
    private mutating func takeExchange(_ line: StatusLine, _ facts: HeadFacts, _ head: Span<UInt8>) -> Outcome? {
        guard let watched else { return nil }
        self.watched = nil
        guard watched.isPolling || facts.isEventStream else { return nil }
        let response = HTTPResponse(line, facts, head: head)
        return .exchanged(PlainExchange(watched.request, response: response, isEventStream: facts.isEventStream))
    }

    /// A 101 to WebSocket whose request is missing from the capture; nil if it is something else.
    func unaskedAnswer(_ line: StatusLine, _ facts: HeadFacts, _ head: Span<UInt8>) -> UpgradeAnswer? {
        guard line.status == 101, facts.namesWebSocket, facts.upgrade.accept != nil else { return nil }
        return UpgradeAnswer(unasked: HTTPResponse(line, facts, head: head))
    }

    /// Acts on an answer.
    mutating func settle(_ answer: UpgradeAnswer) {
        awaited.settle()
        switch answer.verdict {
        case .accepted: _ = finish(.webSocket)
        case .switchedElsewhere: _ = finish(.otherUpgrade)
        case .refused, .lost: break
        }
    }
}
