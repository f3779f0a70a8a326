import HTTPUpgrade
import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// Which reader a connection or a channel has, and which one succeeds it.
extension Shard {
    /// Chooses the first reader of two streams by their first bytes.
    mutating func begin(
        _ bytes: Span<UInt8>, at place: StreamPlace, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let slot = feed.connection
        let isKnown = isOpeningKnown(feed)
        if let layer = layer(for: .firstBytes, bytes, at: place, of: feed, workspace.options) {
            return beginLayer(layer, of: feed, &workspace)
        }
        let opening = readers.openings.insert(
            OpeningReader(
                limits: workspace.options.limits.upgrade, beganBeforeCapture: !isKnown || place.offset > 0,
                mayAwaitRequest: feed.channel == nil, reportsExchanges: workspace.options.demand.includesExchanges))
        readers.setReader(of: feed, .opening(opening))
        if !workspace.options.assumedServers.isEmpty,
            let client = clientOfAssumedServer(slot, workspace.options.assumedServers), !bytes.beginsHTTP,
            !bytes.beginsTLS
        {
            succeed(.webSocket(.assumed(client: client)), bytes, at: place, of: feed, &workspace, &sink)
        }
    }

    /// Whether the capture has the first bytes of two streams.
    mutating func isOpeningKnown(_ feed: Feed) -> Bool {
        guard let channel = feed.channel else { return table.connections[feed.connection].isOpeningKnown }
        return !readers.channels[channel].beginsLate
            && !readers.layers[readers.channels[channel].layer].layer.beginsMidstream
    }

    /// The direction of the client, if the user says that the server's connections are WebSocket.
    private func clientOfAssumedServer(_ slot: Slot<TCPConnection>, _ servers: AssumedServers) -> Direction? {
        if servers.contains(table.connections[slot].responder) { return .fromInitiator }
        return servers.contains(table.connections[slot].initiator) ? .fromResponder : nil
    }

    /// Puts a successor in an opening's place: the only function that changes readers, except for the first and the
    /// last.
    ///
    /// - Parameters:
    ///   - successor: The next reader.
    ///   - unread: The bytes that it gets first.
    ///   - place: The place of the bytes that caused the change.
    ///   - feed: The streams.
    ///   - workspace: What readers share.
    ///   - sink: The receiver of the events.
    mutating func succeed(
        _ successor: Successor, _ unread: Span<UInt8>, at place: StreamPlace, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard case .opening(let opening) = readers.reader(of: feed) else {
            return readers.setReader(of: feed, .ignored)
        }
        switch successor {
        case .webSocket(let how): beginSession(how, opening, unread, at: place, of: feed, &workspace, &sink)
        case .other(let ending):
            guard ending.isHandedOver, readers.openings[opening].number == 0,
                beginLayer(after: ending, opening, unread, at: place, of: feed, &workspace, &sink)
            else { return stopReading(feed, opening, ending, &workspace, &sink) }
        }
    }

    /// Puts a layer in an opening's place, if there is one, and passes it the bytes that the opening took.
    private mutating func beginLayer(
        after ending: UpgradeFollower.Ending, _ opening: Slot<OpeningReader>, _ unread: Span<UInt8>,
        at place: StreamPlace, of feed: Feed, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let direction = place.direction
        let (own, other) = readers.openings[opening].takeHandover(direction)
        let first = own + ArraySlice(copying: unread)
        guard !first.isEmpty,
            let layer = layer(for: .after(ending), first.span, at: place, of: feed, workspace.options)
        else { return false }
        readers.openings[opening].release(&workspace)
        readers.openings.remove(opening)
        beginLayer(layer, of: feed, &workspace)
        let (end, otherEnd) = (nextOffset(of: feed, direction), nextOffset(of: feed, direction.opposite))
        hand(other, endingAt: otherEnd, direction.opposite, of: feed, &workspace, &sink)
        hand(own, endingAt: end &- UInt64(unread.count), direction, of: feed, &workspace, &sink)
        return true
    }

    /// Passes bytes to a layer that were taken before it existed.
    private mutating func hand(
        _ bytes: [UInt8], endingAt end: UInt64, _ direction: Direction, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard !bytes.isEmpty, case .layer(let layer) = readers.reader(of: feed) else { return }
        let place = StreamPlace(
            direction, at: end &- UInt64(bytes.count), count: bytes.count, origin: workspace.told, acknowledged: 0)
        _ = unwrap(bytes.span, at: place, layer, of: feed, &workspace, &sink)
    }

    /// Creates a session from what an opening has read.
    private mutating func beginSession(
        _ how: SessionOpening, _ opening: Slot<OpeningReader>, _ unread: Span<UInt8>, at place: StreamPlace,
        of feed: Feed, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        var offsets: InlineArray<2, UInt64> = [
            nextOffset(of: feed, .fromInitiator), nextOffset(of: feed, .fromResponder),
        ]
        offsets[place.direction.index] &-= UInt64(unread.count)
        var begin = SessionBeginning(
            client: .fromInitiator, offsets: offsets, isCarried: feed.channel != nil, extensions: nil,
            requestElapsed: readers.openings[opening].requestElapsed)
        switch how {
        case .upgrade(let client, let upgrade):
            begin.client = client
            begin.extensions = upgrade.extensions
            begin.opened = upgrade.answered
            beginUpgraded(begin, upgrade, opening, of: feed, &workspace, &sink)
        case .assumed(let client):
            begin.client = client
            beginAssumed(begin, opening, of: feed, &workspace, &sink)
        case .found(let search, let client, let isClientWhole):
            begin.client = client
            begin.opened = search.firstOrigin
            // The start of the kept bytes; a stream of which nothing was kept begins with its next byte.
            for direction in Direction.allCases {
                if let kept = search.streams[direction.index]?.kept.start { begin.offsets[direction.index] = kept }
            }
            beginFound(
                begin, search, isClientWhole: isClientWhole, opening, of: feed, &workspace, &sink)
        }
    }

    /// Creates the session that an upgrade opened.
    private mutating func beginUpgraded(
        _ begin: SessionBeginning, _ upgrade: Upgrade, _ opening: Slot<OpeningReader>, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let session = makeSession(begin, opening, of: feed, &workspace)
        readers.sessions[session].record(upgrade, at: upgrade.answered ?? workspace.told)
        // Where the request is missing, more of the client may be, such as a Ping.
        if !upgrade.request.isSeen { readers.sessions[session].streams[Role.client.index].isIncomplete = true }
        if upgrade.answer.isAcceptValid != true {
            readers.sessions[session].beginTrial(isExpected: upgrade.answer.mayBeProven, &workspace)
        }
        guard isHalfHidden(feed) else { return }
        let context = workspace.context(readers.sessions[session].id)
        reportHidden(feed, client: begin.client, context, &workspace, &sink)
    }

    /// Creates the session of a server that the user named.
    private mutating func beginAssumed(
        _ begin: SessionBeginning, _ opening: Slot<OpeningReader>, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let client = begin.client
        let context = announce(opening, of: feed, how: .midstream, client: client, nil, &workspace, &sink)
        countSession(opening, of: feed, client, &workspace)
        let session = makeSession(begin, opening, of: feed, &workspace)
        reportHidden(feed, client: client, context, &workspace, &sink)
        // If the connection's opening was seen, frames begin with its first byte; otherwise they are searched for.
        if !isOpeningKnown(feed) {
            readers.sessions[session].beginMidstream(context, Role.allCases, &workspace, &sink)
        }
    }

    /// Creates the session whose frames a search found, and decodes the bytes that the search kept.
    private mutating func beginFound(
        _ begin: SessionBeginning, _ search: MidstreamSearch, isClientWhole: Bool, _ opening: Slot<OpeningReader>,
        of feed: Feed, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let client = begin.client
        let unanswered = readers.openings[opening].takeUnanswered()
        let context = announce(
            opening, of: feed, how: unanswered == nil ? .midstream : .handshake, client: client, unanswered,
            &workspace, &sink)
        if let unanswered {
            // The capture lacks its response; the frames show that it was accepted.
            var handshake = handshake(unanswered, of: feed, opening, client, workspace.told)
            handshake.isAccepted = true
            handshake.isAnswerMissing = true
            sink.receive(.handshake(handshake), at: context, payload: Span())
            count(handshake, context, &workspace)
        } else {
            countSession(opening, of: feed, client, &workspace)
        }
        let session = makeSession(begin, opening, of: feed, &workspace)
        reportHidden(feed, client: client, context, &workspace, &sink)
        readers.sessions[session].beginMidstream(
            context, isClientWhole ? [.server] : Role.allCases, &workspace, &sink)
        for direction in Direction.allCases where search.isHopeless[direction.index] {
            let finding = Finding(
                Rule(.searchLimit), from: Role(direction, client: client), at: begin.offsets[direction.index])
            workspace.report(finding, at: context, into: &sink)
        }
        if tracksStates { workspace.view = view(feed.connection, session) }
        readers.sessions[session].replay(search, &workspace, &sink)
    }

    /// Counts a session whose upgrade the capture lacks.
    private mutating func countSession(
        _ opening: Slot<OpeningReader>, of feed: Feed, _ client: Direction, _ workspace: inout Workspace
    ) {
        totals.countSession(with: identity(of: opening, feed, client).server, in: &workspace.summary)
    }

    /// Puts a session in an opening's place.
    private mutating func makeSession(
        _ beginning: SessionBeginning, _ opening: Slot<OpeningReader>, of feed: Feed, _ workspace: inout Workspace
    ) -> Slot<Session> {
        let id = SessionID(connection: readers.openings[opening].number, stream: readers.stream(of: feed))
        let identity = identity(of: opening, feed, beginning.client)
        readers.openings[opening].release(&workspace)
        readers.openings.remove(opening)
        let session = readers.sessions.insert(Session(id, identity, beginning, &workspace))
        if readers.encryption(of: feed) != nil { readers.sessions[session].isInsideTLS = true }
        readers.setReader(of: feed, .session(session))
        if let channel = feed.channel {
            readers.layers[readers.channels[channel].layer].session = session
            readers.carriesSessions = true
        }
        let slot = feed.connection
        readers.connections[slot.index].client = beginning.client
        readers.connections[slot.index].clientPort = table.connections[slot].endpoint(sending: beginning.client).port
        beginDeliveries(slot, session)
        return session
    }

    /// Stops reading a connection that is not a session.
    mutating func stopReading(
        _ feed: Feed, _ opening: Slot<OpeningReader>, _ ending: UpgradeFollower.Ending, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        switch ending {
        case .tls: workspace.summary.others.tls &+= 1
        case .http2: workspace.summary.others.http2 &+= 1
        case .webSocket, .otherUpgrade, .proxy, .tooManyProxies, .oversizedHead, .brokenHTTP, .unknown:
            countHTTP(opening, of: feed, &workspace)
        }
        if let channel = feed.channel {
            readers.channels[channel].removeHeld(budget: &table.budget)
        } else {
            table.connections[feed.connection].removeHeld(budget: &table.budget)
        }
        if case .oversizedHead = ending { workspace.summary.others.oversizedHeads &+= 1 }
        if case .tooManyProxies = ending { workspace.summary.others.proxyChains &+= 1 }
        if readers.openings[opening].number == 0 {
            switch ending {
            case .otherUpgrade, .proxy, .brokenHTTP, .unknown: recordOther(feed)
            // With other secrets or bounds, more might be found.
            case .tls, .http2, .webSocket, .tooManyProxies, .oversizedHead: break
            }
            readers.openings[opening].release(&workspace)
            readers.openings.remove(opening)
            readers.setReader(of: feed, .ignored)
            return
        }
        readers.setReader(of: feed, .stopped(opening))
        if !readers.openings[opening].stopReading(&workspace) {
            // There is no room to keep an unanswered request until the connection's end.
            reportUnanswered(opening, of: feed, &workspace, &sink)
            readers.openings[opening].discharge(&workspace)
        }
    }

    /// The offset of the next byte of a stream.
    private mutating func nextOffset(of feed: Feed, _ direction: Direction) -> UInt64 {
        guard let channel = feed.channel else { return table.connections[feed.connection].nextOffset(of: direction) }
        return readers.channels[channel].next[direction.index]
    }

}

extension Span<UInt8> {
    /// Whether it begins like a TLS handshake (RFC 8446 5.1), and so with an opcode that no frame has.
    fileprivate var beginsTLS: Bool { count > 1 && self[0] == 0x16 && self[1] == 3 }

    /// Whether it may be the start of an upgrade request or of a response.
    var beginsHTTP: Bool {
        func begins(_ text: StaticString) -> Bool {
            (0..<Swift.min(count, text.utf8CodeUnitCount)).allSatisfy { unsafe text.utf8Start[$0] == self[$0] }
        }
        return begins("GET ") || begins("HTTP/1.")
    }
}
