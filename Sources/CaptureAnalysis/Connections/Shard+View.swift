import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What connections look like to whoever watches.
extension Shard {
    /// Who sends a stream, where its reader is a session.
    @inline(__always)
    func role(of place: ConnectionTable.Place) -> Role {
        Role(place.direction, client: clients[place.slot.index])
    }

    /// A session's connection after the segment at hand.
    func view(_ place: ConnectionTable.Place, _ segment: borrowing TCPSegment, _ session: Slot<Session>) -> ConnectionView {
        var view = self.view(place.slot, session)
        view.sender = role(of: place)
        view.sequence = segment.sequence
        view.acknowledgment = segment.flags.contains(.ack) ? segment.acknowledgment : nil
        return view
    }

    /// A session's connection when no segment is at hand.
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

extension ConnectionStart {
    /// The event of a connection on which WebSocket was seen.
    init(
        _ connection: borrowing TCPConnection, client: Direction, opening: Opening, state: borrowing AnalysisState
    ) {
        let ends = (connection.initiator, connection.responder)
        self.client = client == .fromInitiator ? ends.0 : ends.1
        server = client == .fromInitiator ? ends.1 : ends.0
        self.opening = opening
        linkType = state.linkType
        interface = state.interfaceName.isEmpty ? nil : String(decoding: state.interfaceName, as: UTF8.self)
        tcp = ThreeWayHandshake(
            syn: connection.syn.map { ThreeWayHandshake.Segment($0, acknowledgment: nil) },
            synAck: connection.synAck.map { ThreeWayHandshake.Segment($0, acknowledgment: $0.acknowledgment) },
            ack: connection.handshakeAck.map { ThreeWayHandshake.Segment($0, acknowledgment: $0.acknowledgment) },
            isClientInitiator: connection.isOpeningKnown ? client == .fromInitiator : nil)
    }
}

extension ConnectionStart.ThreeWayHandshake.Segment {
    fileprivate init(_ mark: TCPConnection.Mark, acknowledgment: UInt32?) {
        self.init(packet: mark.packet, time: mark.time, sequence: mark.sequence, acknowledgment: acknowledgment)
    }
}
