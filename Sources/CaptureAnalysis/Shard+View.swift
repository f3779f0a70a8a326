import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What connections look like to whoever watches.
extension Shard {
    /// Who sends the stream of a direction.
    @inline(__always)
    func role(of direction: Direction, in session: Int) -> Role {
        sessions[session].clientDirection == direction ? .client : .server
    }

    /// Who sends a stream, where its reader is a session.
    @inline(__always)
    func role(of place: ConnectionTable.Place) -> Role {
        guard case .session(let session) = readers[place.slot] else { return .client }
        return role(of: place.direction, in: session)
    }

    /// A session's connection after the segment at hand.
    func view(_ place: ConnectionTable.Place, _ segment: borrowing TCPSegment, _ session: Int) -> ConnectionView {
        var view = self.view(place.slot, session)
        view.sender = role(of: place.direction, in: session)
        view.sequence = segment.sequence
        view.acknowledgment = segment.flags.contains(.ack) ? segment.acknowledgment : nil
        return view
    }

    /// A session's connection when no segment is at hand.
    func view(_ slot: Int, _ session: Int) -> ConnectionView {
        var view = opening(slot, sessions[session].clientDirection)
        view.clientReadyState = sessions[session].clientStates.current
        view.serverReadyState = sessions[session].serverStates.current
        return view
    }

    /// Tells once of a session that segments are left out for their checksums.
    func tellRejected(
        _ slot: Int, _ direction: Direction, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot].rejectedSegments == 1, case .session(let session) = readers[slot] else { return }
        let finding = Finding(
            rule: "tcp.wrong-checksum", severity: .warning, reference: "RFC 9293 3.1",
            text: "Segments with a wrong TCP checksum are left out, since their direction's other checksums are right.",
            from: role(of: direction, in: session), streamOffset: nil)
        let context = state.context(connection: sessions[session].number, view: view(slot, session))
        state.report(finding, at: context, into: &sink)
    }

    /// Tells once for each stream of a session that copies of its bytes differ, and that segments of it are left out
    /// or did not reach the other end.
    mutating func tellDoubts(
        _ slot: Int, _ direction: Direction, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard case .session(let session) = readers[slot] else { return }
        let role = role(of: direction, in: session)
        let context = state.context(connection: sessions[session].number, view: view(slot, session))
        if let offset = table.connections[slot][direction].firstConflictOffset,
            !sessions[session].streams[role.index].hasToldConflict
        {
            sessions[session].streams[role.index].hasToldConflict = true
            let finding = Finding(
                rule: "tcp.overlap-conflict", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Segments sent again have other bytes than before; the first copy of each byte counts.",
                from: role, streamOffset: offset)
            state.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction].hasInsertions, !sessions[session].streams[role.index].hasToldInsertions {
            sessions[session].streams[role.index].hasToldInsertions = true
            let finding = Finding(
                rule: "tcp.ttl-short", severity: .warning, reference: "RFC 791 3.2",
                text: "Segments are left out whose hop limit falls short of the others', since what follows shows that "
                    + "they did not reach the other end.",
                from: role, streamOffset: nil)
            state.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction].outOfWindowSegments > 0,
            !sessions[session].streams[role.index].hasToldOutOfWindow
        {
            sessions[session].streams[role.index].hasToldOutOfWindow = true
            let finding = Finding(
                rule: "tcp.out-of-window", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Segments are left out, since their sequence numbers are none that the other end would take.",
                from: role, streamOffset: nil)
            state.report(finding, at: context, into: &sink)
        }
    }

    /// A connection that is no session, or not yet.
    func opening(_ slot: Int, _ client: Direction) -> ConnectionView {
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
        communityID = CommunityID.value(ends.0, ends.1)
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
