import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What is reported of a connection before it is a session, and what connections look like.
extension Shard {
    /// Reports an upgrade and its answer.
    mutating func report(
        _ upgrade: Upgrade, _ opening: Slot<OpeningReader>, _ place: StreamPlace, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let client = openings[opening].client
        var context = announce(opening, of: feed, how: .handshake, client: client, &workspace, &sink)
        if upgrade.isAccepted {
            context.view.clientReadyState = .open
            context.view.serverReadyState = .open
        }
        let handshake = Handshake(upgrade, answered: workspace.origin)
        sink.receive(.handshake(handshake), at: context, payload: Span())
        if upgrade.isAccepted { workspace.summary.webSocketConnections &+= 1 }
        for finding in upgrade.findings { workspace.report(finding, at: context, into: &sink) }
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
    mutating func lookAt(_ segment: borrowing TCPSegment, _ place: ConnectionTable.Place, _ workspace: inout Workspace)
    {
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
    mutating func lookAt(_ session: Slot<Session>, _ workspace: inout Workspace) {
        workspace.view.clientReadyState = sessions[session].clientStates.current
        workspace.view.serverReadyState = sessions[session].serverStates.current
    }

    /// A session's connection after the current segment.
    mutating func view(
        _ place: ConnectionTable.Place, _ segment: borrowing TCPSegment, _ session: Slot<Session>
    ) -> ConnectionView {
        var view = self.view(place.slot, session)
        view.addSegment(segment, from: Role(place.direction, client: sessions[session].clientDirection))
        return view
    }

    /// A session's connection without a segment.
    mutating func view(_ slot: Slot<TCPConnection>, _ session: Slot<Session>) -> ConnectionView {
        var view = opening(slot, sessions[session].clientDirection)
        view.clientReadyState = sessions[session].clientStates.current
        view.serverReadyState = sessions[session].serverStates.current
        return view
    }

    /// A connection that is no session, or not yet.
    mutating func opening(_ slot: Slot<TCPConnection>, _ client: Direction) -> ConnectionView {
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
