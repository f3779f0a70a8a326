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
    /// The direction that the client sends, by the connections' slots; counts where the reader is a session.
    var clients: [Direction] = []
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

    /// Looks up the connection of a segment ahead of its turn, and sees to it that its session will be near.
    mutating func locate(_ entry: inout PacketsAhead.Entry) {
        entry.revision = table.revision
        entry.place = table.find(&entry.segment, hash: entry.hash)
        guard let place = entry.place, case .session(let session) = readers[place.slot] else { return }
        guard entry.segment.payloadLength > 0 else {
            sessions.prefetch(session, head: Session.headByteCount)
            return
        }
        let stream = Session.offset(ofStream: role(of: place))
        let start = stream &+ (followsDeliveries ? 0 : SessionStream.deliveryByteCount)
        sessions.prefetch(session, head: Session.headByteCount, start..<(stream &+ SessionStream.hotByteCount))
    }

    /// Takes a segment of one of its connections; `bytes` is what it was found in: the packet, or a datagram that the
    /// packet completed.
    mutating func receive(
        _ entry: inout PacketsAhead.Entry, in bytes: Span<UInt8>, of packet: borrowing CapturedPacket,
        state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) {
        if entry.revision != table.revision { entry.place = table.find(&entry.segment, hash: entry.hash) }
        guard let place = self.place(of: &entry, state: &state, sink: &sink) else { return }
        let slot = place.slot
        if case .nobody = readers[slot] {
            table.connections[slot].pass(
                entry.segment.flags, from: place.direction, packet: packet.number, time: packet.time)
            return
        }
        guard !table.connections[slot].rejects(&entry.segment, in: bytes, from: place.direction) else {
            tellRejected(slot, place.direction, &state, &sink)
            return
        }
        let payload = bytes.extracting(entry.segment.payload)
        let arrival = table.connections[slot].receive(
            &entry.segment, from: place.direction, payload: payload, packet: packet.number, time: packet.time,
            budget: &table.budget, limits: table.limits)
        if case .session(let session) = readers[slot],
            sessions[session].watchesSegments
                || followsDeliveries
                    && (arrival.hasMore || arrival.inOrder.count != entry.segment.payloadLength)
        {
            watch(&entry.segment, place, arrival, session, &state, &sink)
        }
        if tracksStates, case .session(let session) = readers[slot] {
            state.view = view(place, entry.segment, session)
        }
        var hasMore = arrival.hasMore
        state.hasHole = hasMore
        if !arrival.inOrder.isEmpty {
            let next = payload.extracting(arrival.inOrder)
            let delivery = deliver(next, place, packet.number, &state, &sink)
            if delivery.unread > 0 {
                table.connections[slot].pause(
                    place.direction, keeping: next.extracting(last: delivery.unread), packet: packet.number,
                    budget: &table.budget)
            }
            hasMore = hasMore || delivery.hasMoved
        }
        if arrival.closes { table.connections[slot].flush() }
        if hasMore || arrival.closes { drain(slot, &state, &sink) }
        if case .session(let session) = readers[slot] {
            if sessions[session].watchesSegments { settle(slot, session, &state, &sink) }
            if !arrival.inOrder.isEmpty, entry.segment.payloadLength < StallWatch.smallSegment,
                sessions[session].streams[role(of: place).index].decoder.isInFrame
            {
                watchForStall(place, entry.segment.payloadLength, session, at: packet.time)
            }
        }
        if arrival.isControl, case .session(let session) = readers[slot] {
            noteEnds(slot, session, state)
            let control = ControlSegment(
                from: role(of: place), flags: entry.segment.flags,
                payloadLength: entry.segment.payloadLength)
            let context = state.context(
                connection: sessions[session].number, view: view(place, entry.segment, session))
            sink.receive(.segment(control), at: context, payload: Span())
        }
        if arrival.isDoubtful { tellDoubts(slot, place.direction, &state, &sink) }
        if arrival.closes { end(slot, cause: .closed, state: &state, sink: &sink) }
    }

    /// Finds or opens the connection of a segment; nil where there is nothing to track.
    private mutating func place(
        of entry: inout PacketsAhead.Entry, state: inout AnalysisState,
        sink: inout some EventSink & ~Copyable
    ) -> ConnectionTable.Place? {
        var opening: TCPConnection.Mark?
        if let place = entry.place {
            guard entry.segment.flags.contains(.syn),
                table.isReplaced(place, by: entry.segment, packet: state.packet, time: state.time)
            else { return place }
            opening = table.connections[place.slot].opening(answeredBy: entry.segment, from: place.direction)
            forget(place.slot, cause: .closed, state: &state, sink: &sink)
        } else if entry.segment.flags.contains(.rst) {
            return nil
        }
        if let slot = table.nextToForget(now: state.time) {
            forget(slot, cause: .captureEnd, state: &state, sink: &sink)
        }
        let place = table.insert(entry.segment, time: state.time, opening: opening)
        if place.slot == readers.count {
            readers.append(.none)
            clients.append(.fromInitiator)
        } else {
            readers[place.slot] = .none
        }
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

    /// Hands bytes that are next in a stream to their reader; `origin` is the packet that brought them.
    private mutating func deliver(
        _ bytes: Span<UInt8>, _ place: ConnectionTable.Place, _ origin: UInt64,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) -> Delivery {
        switch readers[place.slot] {
        case .session(let session):
            if followsDeliveries {
                state.acknowledgedOffset = table.connections[place.slot].acknowledgedOffset(of: place.direction)
            }
            sessions[session].receive(
                bytes, from: role(of: place), origin: origin, state: &state, resources: &resources, sink: &sink)
            state.acknowledgedOffset = 0
            return Delivery()
        case .none:
            if !assumedServers.isEmpty, openAssumed(bytes, place, &state, &sink) {
                return deliver(bytes, place, origin, &state, &sink)
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
                if !rest.isEmpty { _ = deliver(rest, place, origin, &state, &sink) }
                return Delivery(unread: 0, hasMoved: true)
            case .finished(let ending):
                leave(place.slot, watch, ending, &state)
                return Delivery()
            }
        }
    }

    /// Hands on what has waited in both streams of a connection.
    mutating func drain(
        _ slot: Int, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
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
            if hand(piece, place, &state, &sink) { idle = 0 }
        }
    }

    /// Hands on one piece; tells whether the streams have moved.
    private mutating func hand(
        _ piece: StreamPiece, _ place: ConnectionTable.Place, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        switch piece {
        case .held(let segment):
            let delivery = deliver(
                segment.bytes.span, place, segment.packet, &state, &sink)
            if delivery.unread > 0 {
                table.connections[place.slot].pause(
                    place.direction, keeping: segment, unread: delivery.unread, budget: &table.budget)
            }
            return delivery.unread < segment.bytes.count
        case .gap(let length):
            return skip(length, place, &state, &sink)
        }
    }

    /// Tells the reader of a stream that bytes are missing.
    private mutating func skip(
        _ length: UInt64, _ place: ConnectionTable.Place, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        switch readers[place.slot] {
        case .session(let session):
            sessions[session].skip(
                length, from: role(of: place), state: &state,
                resources: &resources, sink: &sink)
            tellMissing(length, place, session, &state, &sink)
        case .watch(let watch):
            switch watches[watch].follower.skip(length, from: StreamSide(place.direction)) {
            case .waits:
                table.connections[place.slot].pause(
                    place.direction, keepingGap: length, packet: state.packet, budget: &table.budget)
                return false
            case .finished(let ending): leave(place.slot, watch, ending, &state)
            case .consumed, .requested, .answered:
                guard watches[watch].midstream != nil else { break }
                watches[watch].midstream?.skip(length, of: place.direction, origin: state.packet)
                _ = watches[watch].charge(&resources)
            }
        case .none, .left, .nobody: break
        }
        return true
    }

    /// Gives up a stream that has waited for the other one beyond the bounds.
    private mutating func stopWaiting(_ slot: Int, _ state: inout AnalysisState) {
        guard case .watch(let watch) = readers[slot] else { return }
        state.summary.others.overfull &+= 1
        leave(slot, watch, watches[watch].follower.giveUpWaiting(), &state)
    }
}
