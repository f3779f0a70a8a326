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
        case watch(Slot<UpgradeWatch>)
        /// The session in this slot.
        case session(Slot<Session>)
        /// The watch in this slot, only to tell the end: upgrades were seen, and nothing more will come of it.
        case left(Slot<UpgradeWatch>)
        /// Nobody: it is something else, or it is over.
        case nobody
    }

    var table: ConnectionTable
    /// By the connections' slots.
    var readers: [Reader] = []
    /// The direction that the client sends, by the connections' slots; counts where the reader is a session.
    private(set) var clients: [Direction] = []
    /// The port that the client sends from, likewise: for a look ahead.
    private var clientPorts: [UInt16] = []
    var watches = SlotPool<UpgradeWatch>()
    var sessions = SlotPool<Session>()
    var resources: StreamResources
    private let limits: Limits
    let tracksStates: Bool
    let followsDeliveries: Bool
    let assumedServers: AssumedServers

    init(options: AnalysisOptions) {
        limits = options.limits
        tracksStates = options.demand.includesStates
        followsDeliveries = options.demand.followsDeliveries
        assumedServers = options.assumedServers
        table = ConnectionTable(limits: limits.reassembly, secret: options.secret)
        resources = StreamResources(
            keptPayload: limits.keptPayload / Limits.shards, compression: limits.compression / Limits.shards)
    }

    /// Sees to it, ahead of a segment's turn, that what is known of its connection will be near.
    mutating func prepare(_ entry: inout PacketAhead) {
        (entry.hash, entry.slot) = table.prepare(&entry.segment)
        // It may be another connection's slot: then nothing is gained.
        guard let slot = entry.slot, case .session(let session) = readers[slot.index] else { return }
        let role: Role = entry.segment.source.port == clientPorts[slot.index] ? .client : .server
        sessions.prefetch(session, Session.headBytes)
        guard entry.segment.payloadLength > 0 else { return }
        let (counts, decoder) = Session.hotBytes(of: role)
        sessions.prefetch(session, counts)
        sessions.prefetch(session, decoder)
    }

    /// Makes the session in a slot of the pool the reader of a connection.
    mutating func setReader(_ slot: Slot<TCPConnection>, session: Slot<Session>, client: Direction) {
        readers[slot.index] = .session(session)
        clients[slot.index] = client
        let initiator = table.connections[slot].initiator
        let responder = table.connections[slot].responder
        clientPorts[slot.index] = client == .fromInitiator ? initiator.port : responder.port
    }

    /// Takes a segment of one of its connections; `bytes` is what it was found in: the packet, or a datagram that the
    /// packet completed.
    mutating func receive(
        _ entry: inout PacketAhead, in bytes: Span<UInt8>,
        state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) {
        // The slot was looked up ahead of its turn: its connection may be forgotten since.
        guard let slot = entry.slot, table.connections.isUsed(slot),
            receivePlain(&entry, at: slot, in: bytes, &state, &sink)
        else {
            return receiveAny(&entry, in: bytes, state: &state, sink: &sink)
        }
    }

    /// Takes a segment of any kind.
    @inline(never)
    private mutating func receiveAny(
        _ entry: inout PacketAhead, in bytes: Span<UInt8>,
        state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) {
        var found = table.find(&entry.segment, hash: entry.hash)
        if found == nil || entry.segment.flags.contains(.syn) {
            found = open(entry.segment, at: found, state: &state, sink: &sink)
        }
        guard let place = found else { return }
        let slot = place.slot
        if case .nobody = readers[slot.index] {
            table.connections[slot].pass(
                entry.segment.flags, from: place.direction, packet: state.packet, time: state.time)
            return
        }
        guard !table.connections[slot].rejects(&entry.segment, in: bytes, from: place.direction) else {
            tellRejected(slot, place.direction, &state, &sink)
            return
        }
        let payload = bytes.extracting(entry.segment.payload)
        let arrival = table.connections[slot].receive(
            &entry.segment, from: place.direction, payload: payload, packet: state.packet, time: state.time,
            budget: &table.budget, limits: table.limits)
        follow(arrival, of: &entry.segment, payload, at: place, state.packet, state: &state, sink: &sink)
    }

    /// Hands the bytes of a segment to their reader, and holds the stream where they must wait for the other one.
    ///
    /// - Returns: Whether the other stream may go on, if it has waited.
    mutating func deliverOrPause(
        _ bytes: Span<UInt8>, _ place: ConnectionTable.Place, _ packet: UInt64, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let delivery = deliver(bytes, place, packet, &state, &sink)
        if delivery.unread > 0 {
            table.connections[place.slot].pause(
                place.direction, keeping: bytes.extracting(last: delivery.unread), packet: packet,
                budget: &table.budget)
        }
        return delivery.hasMoved
    }

    /// Follows up on what a segment did.
    private mutating func follow(
        _ arrival: TCPConnection.Arrival, of segment: inout TCPSegment, _ payload: Span<UInt8>,
        at place: ConnectionTable.Place, _ packet: UInt64, state: inout AnalysisState,
        sink: inout some EventSink & ~Copyable
    ) {
        let slot = place.slot
        if case .session(let session) = readers[slot.index],
            sessions[session].watchesSegments
                || followsDeliveries
                    && (arrival.hasMore || arrival.inOrder.count != segment.payloadLength)
        {
            watch(&segment, place, arrival, session, &state, &sink)
        }
        if tracksStates, case .session(let session) = readers[slot.index] {
            state.view = view(place, segment, session)
        }
        var hasMore = arrival.hasMore
        state.hasHole = hasMore
        if !arrival.inOrder.isEmpty {
            let hasMoved = deliverOrPause(payload.extracting(arrival.inOrder), place, packet, &state, &sink)
            hasMore = hasMore || hasMoved
        }
        if arrival.closes { table.connections[slot].flush() }
        if hasMore || arrival.closes { drain(slot, &state, &sink) }
        if case .session(let session) = readers[slot.index] {
            if arrival.inOrder.isEmpty {
                if sessions[session].watchesSegments { settle(slot, session, &state, &sink) }
            } else {
                noteDelivered(segment.payloadLength, place, session, &state, &sink)
            }
        }
        if arrival.isControl, case .session(let session) = readers[slot.index] {
            noteEnds(slot, session, state)
            if state.options.demand.includesFrames {
                let control = ControlSegment(
                    from: role(of: place), flags: segment.flags, payloadLength: segment.payloadLength)
                let context = state.context(
                    connection: sessions[session].number, view: view(place, segment, session))
                sink.receive(.segment(control), at: context, payload: Span())
            }
        }
        if arrival.isDoubtful { tellDoubts(slot, place.direction, &state, &sink) }
        if arrival.closes { end(slot, cause: .closed, state: &state, sink: &sink) }
    }

    /// Opens the connection of a segment that belongs to none, or may begin another between the ends of the one `found`;
    /// nil where there is nothing to track.
    @inline(never)
    private mutating func open(
        _ segment: borrowing TCPSegment, at found: ConnectionTable.Place?, state: inout AnalysisState,
        sink: inout some EventSink & ~Copyable
    ) -> ConnectionTable.Place? {
        var opening: TCPConnection.Mark?
        if let place = found {
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
        if place.slot.index == readers.count {
            readers.append(.none)
            clients.append(.fromInitiator)
            clientPorts.append(0)
        } else {
            readers[place.slot.index] = .none
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
        switch readers[place.slot.index] {
        case .session(let session):
            deliver(bytes, to: session, from: role(of: place), place, origin, &state, &sink)
            return Delivery()
        case .none:
            if !assumedServers.isEmpty, openAssumed(bytes, place, &state, &sink) {
                return deliver(bytes, place, origin, &state, &sink)
            }
            let isKnown = table.connections[place.slot].isOpeningKnown
            let watch = watches.insert(UpgradeWatch(limits: limits.upgrade, beganBeforeCapture: !isKnown))
            readers[place.slot.index] = .watch(watch)
            return follow(bytes, watch, place, origin, &state, &sink)
        case .watch(let watch): return follow(bytes, watch, place, origin, &state, &sink)
        case .left, .nobody: return Delivery()
        }
    }

    /// Hands bytes that are next in a stream to a session.
    @inline(__always)
    mutating func deliver(
        _ bytes: Span<UInt8>, to session: Slot<Session>, from role: Role, _ place: ConnectionTable.Place, _ origin: UInt64,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        if followsDeliveries {
            state.acknowledgedOffset = table.connections[place.slot].acknowledgedOffset(of: place.direction)
        }
        sessions[session].receive(
            bytes, from: role, origin: origin, state: &state, resources: &resources, sink: &sink)
        state.acknowledgedOffset = 0
    }

    /// Reads on towards an upgrade.
    private mutating func follow(
        _ bytes: Span<UInt8>, _ watch: Slot<UpgradeWatch>, _ place: ConnectionTable.Place, _ origin: UInt64,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) -> Delivery {
        var delivery = Delivery()
        var start = 0
        while true {
            let step = watches[watch].follower.receive(bytes.extracting(start...), from: place.direction)
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
        _ slot: Slot<TCPConnection>, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        var direction = Direction.fromInitiator
        var idle = 0
        while idle < 2 {
            if case .nobody = readers[slot.index] { return }
            guard let piece = table.connections[slot].next(direction, budget: &table.budget) else {
                if table.connections[slot].isOverfull(direction) {
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
        switch readers[place.slot.index] {
        case .session(let session):
            sessions[session].skip(
                length, from: role(of: place), state: &state,
                resources: &resources, sink: &sink)
            tellMissing(length, place, session, &state, &sink)
        case .watch(let watch):
            switch watches[watch].follower.skip(length, from: place.direction) {
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
    private mutating func stopWaiting(_ slot: Slot<TCPConnection>, _ state: inout AnalysisState) {
        guard case .watch(let watch) = readers[slot.index] else { return }
        state.summary.others.overfull &+= 1
        leave(slot, watch, watches[watch].follower.giveUpWaiting(), &state)
    }
}
