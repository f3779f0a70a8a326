import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// A part of the connections, with everything that is known of them: from TCP segments to sessions.
struct Shard: ~Copyable {
    /// Who reads a connection's bytes.
    enum Reader {
        /// No byte has come yet.
        case none
        /// The watch in this slot: an upgrade may come.
        case watch(Int)
        /// The session in this slot.
        case session(Int)
        /// The watch in this slot, only to tell the end: upgrades were seen, and nothing more will come of it.
        case left(Int)
        /// Nobody: it is something else, or it is over.
        case nobody
    }

    var table: ConnectionTable
    /// By the connections' slots.
    var readers: [Reader] = []
    var watches = SlotPool<UpgradeWatch>()
    var sessions = SlotPool<Session>()
    var resources: StreamResources
    private let limits: Limits
    let tracksStates: Bool
    let followsDeliveries: Bool
    let assumedServers: AssumedServers

    init(options: AnalysisOptions) {
        limits = options.limits
        tracksStates = options.tracksStates
        followsDeliveries = options.followsDeliveries
        assumedServers = options.assumedServers
        table = ConnectionTable(limits: limits.reassembly, secret: options.secret)
        resources = StreamResources(
            keptPayload: limits.keptPayload / Limits.shards, compression: limits.compression / Limits.shards)
    }

    /// Takes a segment of one of its connections; `bytes` is what it was found in: the packet, or a datagram that the
    /// packet completed.
    mutating func receive(
        _ segment: TCPSegment, in bytes: Span<UInt8>, of packet: borrowing CapturedPacket, state: inout AnalysisState,
        sink: inout some EventSink & ~Copyable
    ) {
        guard let place = self.place(of: segment, state: &state, sink: &sink) else { return }
        let slot = place.slot
        var role = Role.client
        switch readers[slot] {
        case .session(let session):
            // Looked at before it is needed: the session's memory is on its way while the connection is at work.
            role = self.role(of: place.direction, in: session)
        case .nobody:
            table.connections[slot].pass(
                segment.flags, from: place.direction, packet: packet.number, time: packet.time)
            return
        case .none, .watch, .left: break
        }
        guard !table.connections[slot].rejects(segment, in: bytes, from: place.direction) else {
            tellRejected(slot, place.direction, &state, &sink)
            return
        }
        let payload = bytes.extracting(segment.payload)
        let arrival = table.connections[slot].receive(
            segment, from: place.direction, payload: payload, packet: packet.number, time: packet.time,
            budget: &table.budget, limits: table.limits)
        if case .session(let session) = readers[slot],
            sessions[session].watchesSegments
                || followsDeliveries
                    && (arrival.hasMore || arrival.inOrder.count != segment.payloadLength)
        {
            watch(segment, place, arrival, session, &state, &sink)
        }
        var view = ConnectionView.unknown
        if tracksStates, case .session(let session) = readers[slot] { view = self.view(place, segment, session) }
        var hasMore = arrival.hasMore
        if !arrival.inOrder.isEmpty {
            let next = payload.extracting(arrival.inOrder)
            let delivery = deliver(next, place, role, packet.number, view, &state, &sink)
            if delivery.unread > 0 {
                table.connections[slot].pause(
                    place.direction, keeping: next.extracting(last: delivery.unread), packet: packet.number,
                    budget: &table.budget)
            }
            hasMore = hasMore || delivery.hasMoved
        }
        if arrival.closes { table.connections[slot].flush() }
        if hasMore || arrival.closes { drain(slot, view, &state, &sink) }
        if case .session(let session) = readers[slot] {
            if sessions[session].watchesSegments { settle(slot, session, view, &state, &sink) }
            if !arrival.inOrder.isEmpty, segment.payloadLength < StallWatch.smallSegment,
                sessions[session].streams[role.index].decoder.isInFrame
            {
                watchForStall(place, segment.payloadLength, session, at: packet.time)
            }
        }
        if arrival.isControl, case .session(let session) = readers[slot] {
            let control = ControlSegment(
                from: self.role(of: place.direction, in: session), flags: segment.flags,
                payloadLength: segment.payloadLength)
            let context = state.context(
                connection: sessions[session].number, view: self.view(place, segment, session))
            sink.receive(.segment(control), at: context, payload: Span())
        }
        if arrival.isDoubtful { tellDoubts(slot, place.direction, &state, &sink) }
        if arrival.closes { end(slot, cause: .closed, state: &state, sink: &sink) }
    }

    /// Finds or opens the connection of a segment; nil where there is nothing to track.
    private mutating func place(
        of segment: TCPSegment, state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) -> ConnectionTable.Place? {
        var opening: TCPConnection.Mark?
        if let place = table.find(segment) {
            guard segment.flags.contains(.syn),
                table.isReplaced(place, by: segment, packet: state.packet, time: state.time)
            else { return place }
            opening = table.connections[place.slot].opening(answeredBy: segment, from: place.direction)
            forget(place.slot, cause: .closed, state: &state, sink: &sink)
        } else if segment.flags.contains(.rst) {
            return nil
        }
        if let slot = table.nextToForget(now: state.time) {
            forget(slot, cause: .captureEnd, state: &state, sink: &sink)
        }
        let place = table.insert(segment, time: state.time, opening: opening)
        if place.slot == readers.count { readers.append(.none) } else { readers[place.slot] = .none }
        state.summary.tcpConnections &+= 1
        return place
    }

    /// What became of bytes that were handed to their reader.
    private struct Delivery {
        /// How many of them, at the end, must wait for the other stream.
        var unread = 0
        /// Whether the other stream may go on, if it has waited.
        var hasMoved = false
    }

    /// Hands bytes that are next in a stream to their reader; `origin` is the packet that brought them, `role` who sends them
    /// where that is a session.
    private mutating func deliver(
        _ bytes: Span<UInt8>, _ place: ConnectionTable.Place, _ role: Role, _ origin: UInt64, _ view: ConnectionView,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) -> Delivery {
        switch readers[place.slot] {
        case .session(let session):
            sessions[session].receive(
                bytes, from: role, origin: origin, view: view, state: &state, resources: &resources, sink: &sink)
            return Delivery()
        case .none:
            if !assumedServers.isEmpty, openAssumed(bytes, place, &state, &sink) {
                let role = self.role(of: place)
                return deliver(bytes, place, role, origin, view, &state, &sink)
            }
            let isKnown = table.connections[place.slot].isOpeningKnown
            let watch = watches.insert(UpgradeWatch(limits: limits.upgrade, beganBeforeCapture: !isKnown))
            readers[place.slot] = .watch(watch)
            return follow(bytes, watch, place, origin, &state, &sink)
        case .watch(let watch): return follow(bytes, watch, place, origin, &state, &sink)
        case .left, .nobody: return Delivery()
        }
    }

    /// Reads on towards an upgrade.
    private mutating func follow(
        _ bytes: Span<UInt8>, _ watch: Int, _ place: ConnectionTable.Place, _ origin: UInt64,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) -> Delivery {
        var delivery = Delivery()
        var start = 0
        while true {
            let step = watches[watch].follower.receive(bytes.extracting(start...), from: StreamSide(place.direction))
            start &+= step.consumed
            delivery.hasMoved = delivery.hasMoved || step.consumed > 0
            switch step.outcome {
            case .consumed:
                if watches[watch].follower.isSearching,
                    searchMidstream(bytes, watch, place, origin, &state, &sink)
                {
                    return Delivery()
                }
                guard watches[watch].charge(&resources) else {
                    leave(place.slot, watch, .oversizedHead, &state)
                    return Delivery()
                }
                if delivery.hasMoved { table.connections[place.slot].resume(place.direction.opposite) }
                return delivery
            case .waits:
                delivery.unread = bytes.count &- start
                if delivery.hasMoved { table.connections[place.slot].resume(place.direction.opposite) }
                return delivery
            case .requested:
                watches[watch].noteRequest(state)
            case .answered(let answer):
                tell(answer, watch, place, &state, &sink)
                guard answer.verdict == .accepted else { continue }
                // The answer came from the server: its frames begin behind `start`, the client's where its stream waits.
                open(watch, place, answer, unread: bytes.count &- start, state: state)
                table.connections[place.slot].resume(place.direction.opposite)
                let rest = bytes.extracting(start...)
                if !rest.isEmpty { _ = deliver(rest, place, .server, origin, .unknown, &state, &sink) }
                return Delivery(unread: 0, hasMoved: true)
            case .finished(let ending):
                leave(place.slot, watch, ending, &state)
                return Delivery()
            }
        }
    }

    /// Hands on what has waited in both streams of a connection.
    mutating func drain(
        _ slot: Int, _ view: ConnectionView, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        var direction = Direction.fromInitiator
        var idle = 0
        while idle < 2 {
            if case .nobody = readers[slot] { return }
            guard let piece = table.connections[slot].next(direction, budget: &table.budget) else {
                if table.connections[slot][direction].isPaused, table.connections[slot][direction].isFull {
                    stopWaiting(slot, &state)
                    return
                }
                direction = direction.opposite
                idle &+= 1
                continue
            }
            let place = ConnectionTable.Place(slot: slot, direction: direction)
            if hand(piece, place, view, &state, &sink) { idle = 0 }
        }
    }

    /// Hands on one piece; tells whether the streams have moved.
    private mutating func hand(
        _ piece: StreamPiece, _ place: ConnectionTable.Place, _ view: ConnectionView, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        switch piece {
        case .held(let segment):
            let delivery = deliver(
                segment.bytes.span, place, role(of: place), segment.packet, view, &state, &sink)
            if delivery.unread > 0 {
                table.connections[place.slot].pause(
                    place.direction, keeping: segment, unread: delivery.unread, budget: &table.budget)
            }
            return delivery.unread < segment.bytes.count
        case .gap(let length):
            return skip(length, place, view, &state, &sink)
        }
    }

    /// Tells the reader of a stream that bytes are missing.
    private mutating func skip(
        _ length: UInt64, _ place: ConnectionTable.Place, _ view: ConnectionView, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        switch readers[place.slot] {
        case .session(let session):
            sessions[session].skip(
                length, from: role(of: place.direction, in: session), view: view, state: &state,
                resources: &resources, sink: &sink)
        case .watch(let watch):
            if watches[watch].midstream != nil {
                watches[watch].midstream?.skip(place.direction)
                _ = watches[watch].charge(&resources)
            }
            switch watches[watch].follower.skip(length, from: StreamSide(place.direction)) {
            case .waits:
                table.connections[place.slot].pause(
                    place.direction, keepingGap: length, packet: state.packet, budget: &table.budget)
                return false
            case .finished(let ending): leave(place.slot, watch, ending, &state)
            case .consumed, .requested, .answered: break
            }
        case .none, .left, .nobody: break
        }
        return true
    }

    /// Gives up a stream that has waited for the other one beyond the bounds.
    private mutating func stopWaiting(_ slot: Int, _ state: inout AnalysisState) {
        guard case .watch(let watch) = readers[slot] else { return }
        leave(slot, watch, watches[watch].follower.giveUpWaiting(), &state)
    }
}
