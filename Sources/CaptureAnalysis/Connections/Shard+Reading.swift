import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How bytes reach their readers.
extension Shard {
    /// Delivers the next bytes of a TCP stream, which the current packet brought, to their reader, and pauses the
    /// stream if they must wait for the other one.
    ///
    /// - Returns: Whether the other stream may go on, if it was waiting.
    mutating func deliver(
        _ bytes: Span<UInt8>, _ place: ConnectionTable.Place, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let (slot, direction) = (place.slot, place.direction)
        let streamPlace = StreamPlace(
            direction, at: table.connections[slot].nextOffset(of: direction) &- UInt64(bytes.count),
            count: bytes.count, origin: workspace.origin, acknowledged: acknowledged(slot, direction))
        let intake = read(bytes, at: streamPlace, of: Feed(slot), &workspace, &sink)
        if intake.unread > 0 {
            table.connections[slot].pause(
                direction, keeping: bytes.extracting(last: intake.unread), origin: workspace.origin,
                received: workspace.received(in: workspace.packet), budget: &table.budget)
            if case .session = readers.connections[slot.index].reader { table.connections[slot].resume(direction) }
        }
        if intake.wakesOther { table.connections[slot].resume(direction.opposite) }
        return intake.wakesOther
    }

    /// Reports the offset of a session's bytes if out-of-band bytes before them were left out.
    private mutating func reportLeftOut(
        before place: StreamPlace, _ slot: Slot<TCPConnection>, _ session: Slot<Session>,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot][place.direction].firstUrgentOffset != nil else { return }
        let role = readers.role(of: place.direction, in: session)
        guard let next = readers.sessions[session].decodedEnd(of: role), next < place.offset else { return }
        let id = readers.sessions[session].id
        sink.receiveUnframed(
            Span(), .outOfBand(next: place.offset, leftOut: place.offset &- next, from: role, session: id))
    }

    /// Delivers the next bytes of a stream to their reader, and to its successors if it has any.
    ///
    /// - Returns: How many bytes must wait, and whether the other stream may go on.
    mutating func read(
        _ bytes: Span<UInt8>, at place: StreamPlace, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        var wakesOther = false
        var start = 0
        repeat {
            let rest = bytes.extracting(start...)
            let restPlace = start == 0 ? place : place.dropping(start, outOf: bytes.count)
            var intake: Intake
            switch readers.reader(of: feed) {
            case .session(let session):
                if tracksStates, feed.channel != nil { updateView(of: session, &workspace) }
                if workspace.options.demand.includesUnframedBytes, feed.channel == nil {
                    reportLeftOut(before: restPlace, feed.connection, session, &sink)
                }
                intake = readers.sessions[session].receive(rest, at: restPlace, &workspace, &sink)
            case .none:
                begin(rest, at: restPlace, of: feed, &workspace, &sink)
                continue
            case .opening(let opening):
                intake = read(rest, at: restPlace, opening, of: feed, &workspace, &sink)
            case .layer(let layer):
                intake = unwrap(rest, at: restPlace, layer, of: feed, &workspace, &sink)
            case .stopped, .ignored: return Intake(wakesOther: wakesOther)
            }
            wakesOther = wakesOther || intake.wakesOther
            guard let successor = intake.successor else {
                return Intake(unread: intake.unread, wakesOther: wakesOther)
            }
            succeed(
                successor, rest.extracting(last: intake.unread), at: restPlace, of: feed, &workspace, &sink)
            // A layer needs neither stream to wait.
            if case .layer = readers.reader(of: feed) { wakesOther = true }
            if case .webSocket(.upgrade) = successor, intake.unread > 0, feed.channel == nil,
                hasEarlyBytes(feed.connection, before: restPlace.offset &+ UInt64(rest.count &- intake.unread), place)
            {
                return Intake(unread: intake.unread, wakesOther: true)
            }
            start = bytes.count &- intake.unread
        } while start < bytes.count
        return Intake(wakesOther: wakesOther)
    }

    /// Passes bytes to an opening, and reports what they complete.
    private mutating func read(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ opening: Slot<OpeningReader>, of feed: Feed,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        let intake = readers.openings[opening].receive(bytes, at: place, &workspace, &sink)
        if workspace.options.demand.includesUnframedBytes, feed.channel == nil {
            sink.receiveUnframed(
                bytes.extracting(droppingLast: intake.unread),
                .opening(
                    offset: place.offset, from: place.direction, record: readers.records[feed.connection.index]))
        }
        guard let handover = intake.handover else { return intake }
        for upgrade in handover.upgrades { report(upgrade, opening, of: feed, &workspace, &sink) }
        for exchange in handover.exchanges { report(exchange, opening, of: feed, workspace, &sink) }
        return intake
    }

    /// Whether the client sent bytes before it had the response to its upgrade, which ends at `end`: bytes after the
    /// response in the same segment come after those.
    private mutating func hasEarlyBytes(_ slot: Slot<TCPConnection>, before end: UInt64, _ place: StreamPlace) -> Bool {
        guard let first = table.connections[slot].firstWaiting(place.direction.opposite),
            first.acknowledgment != 0, first.missing == 0,
            let received = table.connections[slot].offset(of: first.acknowledgment, in: place.direction)
        else { return false }
        return received < end && first.origin.packet < place.origin.packet
    }

    /// Continues after missing bytes of a stream.
    ///
    /// In a channel, `next` is the packet of the bytes after the gap.
    ///
    /// - Returns: Whether the gap must wait for the other stream.
    mutating func skip(
        _ length: UInt64?, at place: StreamPlace, before next: UInt64 = 0, of feed: Feed, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let comesLate =
            if let channel = feed.channel {
                readers.channels[channel].comesLate(place.direction, before: next)
            } else {
                table.connections[feed.connection].comesLate(place.direction)
            }
        let missing = MissingBytes(length: length, place: place, comesLate: comesLate)
        let intake: Intake
        switch readers.reader(of: feed) {
        case .session(let session):
            if tracksStates, feed.channel != nil { updateView(of: session, &workspace) }
            intake = readers.sessions[session].skip(missing, &workspace, &sink)
        case .opening(let opening): intake = readers.openings[opening].skip(missing, &workspace, &sink)
        case .layer(let layer): intake = unwrapGap(length, at: place, layer, of: feed, &workspace, &sink)
        case .none:
            if let channel = feed.channel { readers.channels[channel].beginsLate = true }
            return false
        case .stopped, .ignored: return false
        }
        if let successor = intake.successor { succeed(successor, Span(), at: place, of: feed, &workspace, &sink) }
        if intake.wakesOther { resume(place.direction.opposite, of: feed) }
        return intake.defersGap
    }
}
