import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// Bytes that wait: for earlier bytes, or for the other stream.
extension Shard {
    /// Offers the waiting bytes of a stream again.
    mutating func resume(_ direction: Direction, of feed: Feed) {
        if let channel = feed.channel {
            readers.channels[channel].resume(direction)
        } else {
            table.connections[feed.connection].resume(direction)
        }
    }

    /// Delivers the waiting bytes of both streams of a connection.
    mutating func drain(
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        var direction = Direction.fromInitiator
        var idle = 0
        while idle < 2 {
            if case .ignored = readers.connections[slot.index].reader { return }
            guard let piece = table.connections[slot].next(direction, budget: &table.budget) else {
                if table.connections[slot].isPausedAndFull(direction) {
                    if stopExpecting(Feed(slot)) { continue }
                    stopWaiting(Feed(slot), &workspace, &sink)
                    return
                }
                direction = direction.opposite
                idle &+= 1
                continue
            }
            let place = ConnectionTable.Place(slot: slot, direction: direction)
            guard hand(piece, place, &workspace, &sink) else { continue }
            idle = 0
            if case .session = readers.connections[slot.index].reader, hasRest(of: piece, place) {
                direction = direction.opposite
            } else if case .gap = piece, case .opening = readers.connections[slot.index].reader,
                table.connections[slot].comesLate(direction)
            {
                // The bytes after the gap may answer what the other end had sent by then.
                direction = direction.opposite
            }
        }
    }

    /// Whether some bytes of a delivered piece wait: early bytes of the other end come first.
    private mutating func hasRest(of piece: StreamPiece, _ place: ConnectionTable.Place) -> Bool {
        guard case .held(let segment) = piece else { return false }
        return table.connections[place.slot].firstWaiting(place.direction)?.origin.packet == segment.origin.packet
    }

    /// Delivers a piece.
    ///
    /// - Returns: Whether the streams have moved.
    private mutating func hand(
        _ piece: StreamPiece, _ place: ConnectionTable.Place, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let (slot, direction) = (place.slot, place.direction)
        switch piece {
        case .held(let segment):
            recordReceipt(segment.acknowledgment, place, segment.origin.packet, &workspace)
            let streamPlace = StreamPlace(
                direction, at: segment.offset, count: segment.bytes.count, origin: segment.origin,
                acknowledged: acknowledged(slot, direction))
            let intake = read(segment.bytes.span, at: streamPlace, of: Feed(slot), &workspace, &sink)
            placeAnswer(to: segment.origin.packet, acknowledging: segment.acknowledgment, place)
            if intake.unread > 0 {
                table.connections[slot].pause(
                    direction, keeping: segment, unread: intake.unread, budget: &table.budget)
                if case .session = readers.connections[slot.index].reader { table.connections[slot].resume(direction) }
            }
            if intake.wakesOther { table.connections[slot].resume(direction.opposite) }
            return intake.unread < segment.bytes.count
        case .gap(let length, let origin):
            let streamPlace = StreamPlace(
                direction, at: table.connections[slot].nextOffset(of: direction) &- length,
                count: Int(clamping: length),
                origin: origin ?? workspace.told, acknowledged: 0)
            let mustWait = skip(length, at: streamPlace, of: Feed(slot), &workspace, &sink)
            if mustWait {
                table.connections[slot].pause(
                    direction, keepingGap: length, origin: streamPlace.origin, budget: &table.budget)
                return false
            }
            for session in readers.sessions(on: slot) {
                if tracksStates, case .layer = readers.connections[slot.index].reader {
                    updateView(of: session, &workspace)
                }
                reportMissing(length, place, session, &workspace, &sink)
            }
            return true
        }
    }

    /// Learns where the response to an upgrade request begins if no byte of its stream was captured yet: at the byte
    /// that the request's segment expects next.
    ///
    /// So a response that the capture lacks is a gap.
    mutating func placeAnswer(to packet: UInt64, acknowledging acknowledgment: UInt32, _ place: ConnectionTable.Place) {
        guard acknowledgment != 0, case .opening(let opening) = readers.connections[place.slot.index].reader,
            readers.openings[opening].asked?.origin.packet == packet
        else { return }
        table.connections[place.slot].assumeStart(of: place.direction.opposite, at: acknowledgment)
    }

    /// Follows up on a segment that waits during the opening.
    ///
    /// A response that waited for its request no longer waits. The response to an upgrade request begins with this
    /// segment if the request acknowledged less than the server had sent: then nothing is missing before it. The
    /// segment must begin like a response and acknowledge that request, but no later one that it might answer instead.
    mutating func followWaiting(_ segment: borrowing TCPSegment, _ payload: Span<UInt8>, _ place: ConnectionTable.Place)
    {
        let (slot, client) = (place.slot, place.direction.opposite)
        guard case .opening(let opening) = readers.connections[slot.index].reader else { return }
        // What waits in the other stream may be that request. If the SYN came after the response, the request will too.
        if readers.openings[opening].awaitsRequest, table.connections[slot].firstWaiting(client) == nil,
            !table.connections[slot].isOpeningLate(client), readers.openings[opening].stopAwaitingRequest()
        {
            for direction in Direction.allCases { table.connections[slot].resume(direction) }
        }
        guard readers.openings[opening].asked != nil, readers.openings[opening].client == client, payload.beginsHTTP,
            let received = table.connections[slot].offset(of: segment.acknowledgment, in: client)
        else { return }
        let asked = table.connections[slot].nextOffset(of: client)
        let waiting = table.connections[slot].firstWaiting(client)
        guard received == asked || received > asked && waiting?.bytes.span.beginsHTTP == false else { return }
        table.connections[slot].beginStream(place.direction, at: segment.sequence)
    }

    /// Records what an end had received when it sent the bytes delivered next, if their segment shows it.
    mutating func recordReceipt(
        _ acknowledgment: UInt32, _ place: ConnectionTable.Place, _ packet: UInt64, _ workspace: inout Workspace
    ) {
        guard acknowledgment != 0,
            let offset = table.connections[place.slot].offset(of: acknowledgment, in: place.direction.opposite)
        else {
            workspace.receipt = Receipt()
            return
        }
        workspace.receipt = Receipt(packet: packet, offset: offset, releasedBy: workspace.packet)
    }

    /// Gives up a stream that waited for the other one beyond the bounds.
    mutating func stopWaiting(
        _ feed: Feed, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard case .opening(let opening) = readers.reader(of: feed) else { return }
        workspace.summary.others.waitedTooLong &+= 1
        stopReading(feed, opening, readers.openings[opening].stopWaiting(), &workspace, &sink)
    }
}
