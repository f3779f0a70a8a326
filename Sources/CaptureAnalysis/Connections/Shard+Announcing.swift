import HTTPUpgrade
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What is reported of a connection before it has a session.
extension Shard {
    /// Reports an upgrade request and its response.
    mutating func report(
        _ upgrade: Upgrade, _ opening: Slot<OpeningReader>, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let client = readers.openings[opening].client
        var context = announce(opening, of: feed, how: .handshake, client: client, upgrade, &workspace, &sink)
        if upgrade.isAccepted {
            context.view.clientReadyState = .open
            context.view.serverReadyState = .open
        }
        let answered = upgrade.answered ?? workspace.told
        let handshake = handshake(upgrade, of: feed, opening, client, answered)
        count(handshake, context, &workspace)
        sink.receive(.handshake(handshake), at: context, payload: Span())
        for finding in upgrade.findings { workspace.report(finding, at: context, into: &sink) }
    }

    /// The event of an upgrade, whose URL tells whether it was encrypted, and which tells whether its response may be.
    mutating func handshake(
        _ upgrade: Upgrade, of feed: Feed, _ opening: Slot<OpeningReader>, _ client: Direction, _ answered: Origin
    ) -> Handshake {
        var handshake = Handshake(upgrade, answered: answered, identity(of: opening, feed, client))
        if feed.channel != nil { complete(&handshake, of: feed, client) }
        return handshake
    }

    @inline(never)
    private mutating func complete(_ handshake: inout Handshake, of feed: Feed, _ client: Direction) {
        guard readers.encryption(of: feed) != nil else { return }
        handshake.url = handshake.url.encrypted
        guard handshake.status == nil, isHidden(client.opposite, of: feed) else { return }
        (handshake.isAnswerMissing, handshake.isAnswerEncrypted) = (true, true)
    }

    /// Counts a reported upgrade.
    mutating func count(_ handshake: borrowing Handshake, _ context: EventContext, _ workspace: inout Workspace) {
        totals.count(handshake, in: &workspace.summary)
        if let leg = handshake.leg { workspace.record(leg, connection: context.connection) }
    }

    /// Gives the connection its number and reports it, unless that was done.
    ///
    /// - Parameters:
    ///   - opening: The reader of the connection so far.
    ///   - feed: The streams.
    ///   - how: How the session begins.
    ///   - client: The direction that the client sends.
    ///   - upgrade: The request that shows it; nil if the capture has none.
    ///   - workspace: What readers share.
    ///   - sink: The receiver of the event.
    /// - Returns: The context of further events of the session.
    mutating func announce(
        _ opening: Slot<OpeningReader>, of feed: Feed, how: ConnectionStart.Opening, client: Direction,
        _ upgrade: Upgrade?, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> EventContext {
        let identity = identity(of: opening, feed, client, upgrade)
        readers.openings[opening].identity = identity
        readers.openings[opening].discharge(&workspace)
        let view = openingView(feed.connection, client: client)
        let known = readers.openings[opening].number
        let stream = readers.stream(of: feed)
        guard known == 0 else { return workspace.context(SessionID(connection: known, stream: stream), view: view) }
        let (number, isNew) = number(of: feed, &workspace)
        readers.openings[opening].number = number
        let context = workspace.context(SessionID(connection: number, stream: stream), view: view)
        var start = ConnectionStart(
            &table.connections[feed.connection], identity, client: client, opening: how, &workspace)
        start.isFirstOfConnection = isNew
        start.clientDirection = client
        start.record = readers.records[feed.connection.index]
        start.encryption = readers.encryption(of: feed)
        let proxyHeader = readers.openings[opening].proxyHeader
        if !proxyHeader.isEmpty { start.proxied = ProxiedConnection(header: proxyHeader.span) }
        sink.receive(.connection(start), at: context, payload: Span())
        return context
    }

    /// The identity of an opening's session.
    ///
    /// - Parameters:
    ///   - opening: The reader of the connection so far.
    ///   - feed: The streams.
    ///   - client: The direction that the client sends.
    ///   - upgrade: The latest request, if it is new.
    /// - Returns: The identity.
    mutating func identity(
        of opening: Slot<OpeningReader>, _ feed: Feed, _ client: Direction, _ upgrade: Upgrade? = nil
    ) -> SessionIdentity {
        let isEncrypted = feed.channel != nil && readers.encryption(of: feed) != nil
        let url = upgrade.flatMap { isEncrypted ? $0.knownURL?.encrypted : $0.knownURL }
        if let known = readers.openings[opening].identity { return upgrade == nil ? known : known.asking(for: url) }
        return SessionIdentity(
            &table.connections[feed.connection], client: client, url: url, stream: readers.stream(of: feed))
    }

    /// The number of a connection on which WebSocket is seen, and whether that number is new.
    private mutating func number(of feed: Feed, _ workspace: inout Workspace) -> (UInt64, isNew: Bool) {
        guard case .layer(let layer) = readers.connections[feed.connection.index].reader else {
            return (workspace.numbers.take(), true)
        }
        let isNew = readers.layers[layer].number == 0
        if isNew { readers.layers[layer].number = workspace.numbers.take() }
        return (readers.layers[layer].number, isNew)
    }

    // MARK: Without a session

    /// Reports an upgrade request that is unanswered when the connection ends.
    mutating func reportUnanswered(
        _ opening: Slot<OpeningReader>, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let upgrade = readers.openings[opening].takeUnanswered() else { return }
        let client = readers.openings[opening].client
        let context = announce(opening, of: feed, how: .handshake, client: client, upgrade, &workspace, &sink)
        var handshake = handshake(upgrade, of: feed, opening, client, workspace.told)
        handshake.isAnswerMissing = isAnswerMissing(opening, of: feed)
        sink.receive(.handshake(handshake), at: context, payload: Span())
        count(handshake, context, &workspace)
        for finding in upgrade.findings { workspace.report(finding, at: context, into: &sink) }
        reportHidden(feed, client: client, context, &workspace, &sink)
    }

    /// Whether the capture may lack the response to the latest upgrade request.
    private mutating func isAnswerMissing(_ opening: Slot<OpeningReader>, of feed: Feed) -> Bool {
        readers.openings[opening].isAnswerHidden
            || isUnseen(readers.openings[opening].client.opposite, of: feed)
    }

    /// Reports the end of a connection on which upgrades were requested but none accepted.
    mutating func reportEnd(
        _ opening: Slot<OpeningReader>, of feed: Feed, _ cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let number = readers.openings[opening].number
        guard number > 0 else { return }
        let slot = feed.connection
        let client = readers.openings[opening].client
        let now = workspace.elapsed(workspace.told.time)
        var clientStates = ReadyStates(connectingAt: readers.openings[opening].requestElapsed ?? now)
        if cause == .closed { clientStates.advance(to: .closed, at: now) }
        var ends: InlineArray<2, EndOutcome> = [EndOutcome(), EndOutcome()]
        let transport = TransportEnd(&table.connections[slot], client: client, cause: cause)
        if isAnswerMissing(opening, of: feed) {
            // The client's FIN may answer a Close frame; so may the server's if the client went on after its request.
            let mayHideClose: InlineArray<2, Bool> = [
                readers.openings[opening].precedes(transport.ends[client.index]), true,
            ]
            for index in 0..<2 where mayHideClose[index] {
                (ends[index].mayHideClose, ends[index].isIncomplete) = (true, true)
            }
        }
        let outcome = SessionOutcome(tcp: transport, ends: ends, clientDirection: client, wasOpened: false)
        let end = SessionEnd(
            identity: identity(of: opening, feed, client), verdict: outcome.verdict(now: workspace.told.time),
            clientReadyStates: clientStates.changes, serverReadyStates: [],
            duration: transport.duration,
            fromClient: SessionEnd.Traffic(), fromServer: SessionEnd.Traffic(), pingRoundTrip: nil,
            tcp: transport.health, compression: nil, origin: workspace.earlyEnd)
        let id = SessionID(connection: number, stream: readers.stream(of: feed))
        sink.receive(.end(end), at: workspace.context(id, view: openingView(slot, client: client)), payload: Span())
        if feed.channel == nil { workspace.numbers.release(number) }
    }
}

extension ConnectionStart {
    /// The event of a connection on which WebSocket was seen.
    fileprivate init(
        _ connection: inout TCPConnection, _ identity: SessionIdentity, client: Direction, opening: Opening,
        _ workspace: inout Workspace
    ) {
        self.identity = identity
        self.client = identity.client
        server = identity.server
        self.opening = opening
        linkType = workspace.linkType
        let name = workspace.interfaceName
        interface = name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
        tcp = ThreeWayHandshake(
            syn: connection.syn.map { ThreeWayHandshake.Segment($0, acknowledgment: nil) },
            synAck: connection.synAck.map { ThreeWayHandshake.Segment($0, acknowledgment: $0.acknowledgment) },
            ack: connection.handshakeAck.map { ThreeWayHandshake.Segment($0, acknowledgment: $0.acknowledgment) },
            isClientInitiator: connection.isOpeningKnown ? client == .fromInitiator : nil)
    }
}

extension SessionIdentity {
    /// Identifies a session on a connection.
    fileprivate convenience init(
        _ connection: inout TCPConnection, client: Direction, url: String?, stream: UInt64?
    ) {
        let opening =
            if let syn = connection.syn {
                Opening(
                    initiatorSequence: syn.sequence, responderSequence: connection.synAck?.sequence ?? 0, time: syn.time
                )
            } else {
                Opening(
                    initiatorSequence: connection[.fromInitiator].firstSequence ?? 0,
                    responderSequence: connection[.fromResponder].firstSequence ?? 0, time: connection.firstTime)
            }
        self.init(
            client: connection.endpoint(sending: client), server: connection.endpoint(sending: client.opposite),
            url: url, stream: stream, opening: opening)
    }
}

extension ConnectionStart.ThreeWayHandshake.Segment {
    fileprivate init(_ mark: HandshakeSegment, acknowledgment: UInt32?) {
        self.init(packet: mark.packet, time: mark.time, sequence: mark.sequence, acknowledgment: acknowledgment)
    }
}

extension String {
    /// The same URL with the scheme "wss" (RFC 6455 3).
    fileprivate var encrypted: String { utf8.starts(with: "ws:".utf8) ? "wss:" + dropFirst(3) : self }
}
