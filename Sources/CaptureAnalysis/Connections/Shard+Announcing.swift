import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What is reported of a connection before it is a session, and what connections look like.
extension Shard {
    /// Reports an upgrade and its answer.
    mutating func report(
        _ upgrade: AnsweredUpgrade, _ opening: Slot<OpeningReader>, _ place: StreamPlace, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let answer = upgrade.answer
        let client = openings[opening].client
        var context = announce(opening, of: feed, how: .handshake, client: client, &workspace, &sink)
        if answer.verdict == .accepted {
            context.view.clientReadyState = .open
            context.view.serverReadyState = .open
        }
        let handshake = Handshake(answer.request, answer, asked: upgrade.asked, answered: workspace.origin)
        sink.receive(.handshake(handshake), at: context, payload: Span())
        if answer.verdict == .accepted { workspace.summary.webSocketConnections &+= 1 }
        for violation in answer.request.violations {
            workspace.report(Finding(violation, of: answer.request, from: .client), at: context, into: &sink)
        }
        for violation in answer.violations {
            workspace.report(Finding(violation, of: answer.request, from: .server), at: context, into: &sink)
        }
        for finding in Finding.undecoded(UndecodedExtensions(answer.extensions)) {
            workspace.report(finding, at: context, into: &sink)
        }
        if let draft = answer.request.draft {
            let finding = Finding(
                rule: "handshake.draft", severity: .warning, reference: "RFC 6455 4.1",
                text: "The upgrade is that of draft \(draft), whose frames are not decoded.", from: .client,
                streamOffset: nil)
            workspace.report(finding, at: context, into: &sink)
        }
    }

    /// Gives the connection its number and reports it, unless that was done.
    mutating func announce(
        _ opening: Slot<OpeningReader>, of feed: Feed, how: ConnectionStart.Opening, client: Direction,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> EventContext {
        let view = self.opening(feed.connection, client)
        let known = openings[opening].number
        let stream = stream(of: feed)
        guard known == 0 else { return workspace.context(SessionID(connection: known, stream: stream), view: view) }
        let (number, isNew) = number(of: feed, &workspace)
        openings[opening].number = number
        let context = workspace.context(SessionID(connection: number, stream: stream), view: view)
        var start = ConnectionStart(
            table.connections[feed.connection], client: client, opening: how, &workspace)
        start.isFirstOfConnection = isNew
        sink.receive(.connection(start), at: context, payload: Span())
        return context
    }

    /// The number of a connection on which WebSocket is seen, and whether it is new.
    private mutating func number(of feed: Feed, _ workspace: inout Workspace) -> (UInt64, isNew: Bool) {
        guard case .layer(let layer) = connections[feed.connection.index].reader else {
            return (workspace.numberConnection(), true)
        }
        let isNew = layers[layer].number == 0
        if isNew { layers[layer].number = workspace.numberConnection() }
        return (layers[layer].number, isNew)
    }

    /// Looks at a session's connection after the current segment.
    func lookAt(_ segment: borrowing TCPSegment, _ place: ConnectionTable.Place, _ workspace: inout Workspace) {
        switch connections[place.slot.index].reader {
        case .session(let session): workspace.view = view(place, segment, session)
        case .layer:
            let client = connections[place.slot.index].client
            workspace.view = opening(place.slot, client)
            workspace.view.addSegment(segment, from: Role(place.direction, client: client))
        case .none, .opening, .stopped, .ignored: break
        }
    }

    /// Looks at a session inside a layer.
    func lookAt(_ session: Slot<Session>, _ workspace: inout Workspace) {
        workspace.view.clientReadyState = sessions[session].clientStates.current
        workspace.view.serverReadyState = sessions[session].serverStates.current
    }

    /// A session's connection after the current segment.
    func view(
        _ place: ConnectionTable.Place, _ segment: borrowing TCPSegment, _ session: Slot<Session>
    ) -> ConnectionView {
        var view = self.view(place.slot, session)
        view.addSegment(segment, from: Role(place.direction, client: sessions[session].clientDirection))
        return view
    }

    /// A session's connection without a segment.
    func view(_ slot: Slot<TCPConnection>, _ session: Slot<Session>) -> ConnectionView {
        var view = opening(slot, sessions[session].clientDirection)
        view.clientReadyState = sessions[session].clientStates.current
        view.serverReadyState = sessions[session].serverStates.current
        return view
    }

    /// A connection that is no session, or not yet.
    func opening(_ slot: Slot<TCPConnection>, _ client: Direction) -> ConnectionView {
        var view = ConnectionView.unknown
        view.clientState = table.connections[slot].states[client.index]
        view.serverState = table.connections[slot].states[client.opposite.index]
        return view
    }
}

extension ConnectionView {
    /// Adds what the current segment says.
    fileprivate mutating func addSegment(_ segment: borrowing TCPSegment, from role: Role) {
        sender = role
        sequence = segment.sequence
        acknowledgment = segment.flags.contains(.ack) ? segment.acknowledgment : nil
    }
}

extension ConnectionStart {
    /// The event of a connection on which WebSocket was seen.
    fileprivate init(
        _ connection: borrowing TCPConnection, client: Direction, opening: Opening, _ workspace: inout Workspace
    ) {
        let ends = (connection.initiator, connection.responder)
        self.client = client == .fromInitiator ? ends.0 : ends.1
        server = client == .fromInitiator ? ends.1 : ends.0
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

extension ConnectionStart.ThreeWayHandshake.Segment {
    fileprivate init(_ mark: HandshakeSegment, acknowledgment: UInt32?) {
        self.init(packet: mark.packet, time: mark.time, sequence: mark.sequence, acknowledgment: acknowledgment)
    }
}

extension Handshake {
    /// The event of a request and, unless it was never answered, its answer.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - answer: Its answer; nil if there was none.
    ///   - asked: When the request was complete.
    ///   - answered: The packet that completed the answer.
    init(
        _ request: UpgradeRequest, _ answer: UpgradeAnswer?,
        asked: UpgradeMoment, answered: Origin
    ) {
        let response = answer?.response
        self.init(
            isAccepted: answer?.verdict == .accepted, status: response?.status, url: request.url,
            target: request.target, host: request.host, httpVersion: request.httpVersion, version: request.version,
            requestHeader: request.header, responseHeader: response?.header ?? HTTPFields([]),
            subprotocol: answer?.subprotocol, offeredExtensions: request.extensions,
            extensions: answer?.extensions ?? [], isAcceptValid: answer?.isAcceptValid, requestPacket: asked.origin.packet,
            responsePacket: response.map { _ in answered.packet },
            responseTime: response.map { _ in answered.time.nanoseconds(since: asked.origin.time) },
            requestElapsed: asked.elapsed)
    }
}
