import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What follows from a segment that TCP has taken.
extension Shard {
    /// Follows up on what a segment did.
    mutating func follow(
        _ arrival: TCPConnection.Arrival, of segment: inout TCPSegment, _ payload: Span<UInt8>,
        at place: ConnectionTable.Place, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let slot = place.slot
        let isOdd = followsDeliveries && (arrival.hasMore || arrival.inOrder.count != segment.payloadLength)
        for session in readers.sessions(on: slot) where isOdd || readers.sessions[session].watchesSegments {
            watch(&segment, place, arrival, session, &workspace, &sink)
        }
        if tracksStates { updateView(after: segment, place, &workspace) }
        var hasMore = arrival.hasMore
        workspace.hasHole = hasMore
        if hasMore, !arrival.inOrder.isEmpty, payload[arrival.inOrder.lowerBound] & 0x0f == Opcode.pong.rawValue {
            lookForPings(answeredAt: place)
        }
        if hasMore, arrival.inOrder.isEmpty, !payload.isEmpty { followWaiting(segment, payload, place) }
        // The bytes that this segment acknowledges come before its own.
        if arrival.hasMore, !arrival.inOrder.isEmpty, table.connections[slot].hasReleased(place.direction.opposite) {
            // Its own bytes wait meanwhile, so that a session that begins now knows their position.
            table.connections[slot].pause(
                place.direction, keeping: payload.extracting(arrival.inOrder), origin: workspace.origin,
                received: table.connections[slot].offset(of: segment.givenAcknowledgment, in: place.direction.opposite),
                budget: &table.budget)
            drain(slot, &workspace, &sink)
            table.connections[slot].resume(place.direction)
        } else if !arrival.inOrder.isEmpty {
            recordReceipt(segment.givenAcknowledgment, place, workspace.packet, &workspace)
            let hasMoved = deliver(payload.extracting(arrival.inOrder), place, &workspace, &sink)
            hasMore = hasMore || hasMoved
            placeAnswer(to: workspace.packet, acknowledging: segment.givenAcknowledgment, place)
        }
        let mayComeLate = arrival.closes && awaitsLateBytes(of: slot, workspace.origin)
        let closes = arrival.closes && !mayComeLate
        if closes { table.connections[slot].flush(budget: &table.budget) }
        if hasMore || closes { drain(slot, &workspace, &sink) }
        for session in readers.sessions(on: slot) {
            if !arrival.inOrder.isEmpty {
                let role = readers.role(of: place.direction, in: session)
                followDelivery(segment.payloadLength, place, from: role, session, &workspace, &sink)
            } else if readers.sessions[session].watchesSegments {
                settle(slot, session, &workspace, &sink)
            }
        }
        if arrival.isControl { report(segment, at: place, &workspace, &sink) }
        if segment.flags.contains(.rst), table.connections[slot].awaitsAftermath {
            awaitAftermath(of: slot, &workspace, &sink)
        }
        if arrival.isDoubtful { reportDoubts(slot, place.direction, &workspace, &sink) }
        if mayComeLate { awaitLateBytes(of: slot, &workspace, &sink) }
        if closes { end(slot, cause: .closed, &workspace, &sink) }
    }

    /// Looks for Pings among the waiting bytes of the other stream, since a Pong has come.
    private mutating func lookForPings(answeredAt place: ConnectionTable.Place) {
        guard case .session(let session) = readers.connections[place.slot.index].reader,
            !readers.sessions[session].isCarried
        else {
            return
        }
        let role = readers.sessions[session].role(of: place.direction.opposite)
        for segment in table.connections[place.slot].waiting(place.direction.opposite, limit: 16) {
            readers.sessions[session].suspectPing(
                in: segment.bytes.span, from: Provenance(role: role, origin: segment.origin))
        }
    }

    /// Reports a segment that opens, closes or resets a connection to all sessions on it.
    private mutating func report(
        _ segment: borrowing TCPSegment, at place: ConnectionTable.Place, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for session in readers.sessions(on: place.slot) {
            advanceStates(place.slot, session, workspace.elapsed(workspace.time))
            let role = readers.role(of: place.direction, in: session)
            if let end = table.connections[place.slot].firstEndPacket {
                let received =
                    segment.flags.contains(.ack)
                    ? table.connections[place.slot].offset(of: segment.acknowledgment, in: place.direction.opposite)
                    : nil
                readers.sessions[session].recordFin(in: end, from: role, received: received, &workspace)
            }
            guard workspace.options.demand.includesFrames else { continue }
            let control = ControlSegment(from: role, flags: segment.flags, payloadLength: segment.payloadLength)
            let context = workspace.context(readers.sessions[session].id, view: view(place, segment, session))
            sink.receive(.segment(control), at: context, payload: Span())
        }
    }
}

extension TCPSegment {
    /// The acknowledgment number; 0 if it has none.
    fileprivate var givenAcknowledgment: UInt32 {
        @inline(__always) get { flags.contains(.ack) ? acknowledgment : 0 }
    }
}
