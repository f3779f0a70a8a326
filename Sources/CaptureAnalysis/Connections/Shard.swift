import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// A part of the connections, with everything known of them: from TCP segments to sessions.
///
/// The path of a segment: ``prepare(_:)``, then the fast path (`FastPath.swift`), or else ``receiveAny(_:in:_:_:)``:
/// TCP finds the bytes that are next, and `Shard+Reading.swift` delivers them to the connection's reader.
struct Shard: ~Copyable {
    var table: ConnectionTable
    /// The connections' readers.
    var readers = Readers()
    /// The memory that the connections may take.
    var memory: ShardMemory
    /// The counts of the connections.
    var totals: ShardTotals
    /// Connections that seem over but may still get packets, in the order of their ends.
    var lingering = LingeringConnections()
    let tls: TLSShard
    let tracksStates: Bool
    let followsDeliveries: Bool
    /// Whether layers can be decoded: without secrets, TLS shows nothing.
    let decodesLayers: Bool

    init(options: AnalysisOptions) {
        totals = ShardTotals(collectsOthers: options.collectsOthers)
        tls = TLSShard(options.secrets)
        memory = ShardMemory(options.limits)
        decodesLayers = options.secrets != nil || !options.layers.isEmpty
        tracksStates = options.demand.includesStates
        followsDeliveries = options.demand.followsDeliveries
        table = ConnectionTable(limits: options.limits.reassembly, secret: options.secret)
    }

    /// The first step before a segment's turn: prefetches the table's entry for its connection.
    @inline(__always)
    mutating func approach(_ entry: inout PacketAhead) {
        entry.hash = table.hash(&entry.segment)
    }

    /// The next step after ``approach(_:)``: prefetches what is known of the segment's connection.
    ///
    /// - Returns: Whether a layer that may carry a session reads the segment, so that ``lookFurther(_:)`` has something
    ///   to do.
    mutating func prepare(_ entry: inout PacketAhead) -> Bool {
        entry.slot = table.prepare(entry.hash)
        // It may be another connection's slot, in which case nothing is gained.
        guard let slot = entry.slot else { return false }
        switch readers.connections[slot.index].reader {
        case .session(let session): prefetch(session, &entry, slot)
        case .layer(let layer) where entry.segment.payloadLength > 0:
            readers.layers.prefetch(layer, 0..<LayerReader.size)
            return readers.carriesSessions
        case .none, .opening, .layer, .stopped, .ignored: break
        }
        return false
    }

    @inline(__always)
    private mutating func prefetch(
        _ session: Slot<Session>, _ entry: inout PacketAhead, _ slot: Slot<TCPConnection>
    ) {
        let role: Role = entry.segment.source.port == readers.connections[slot.index].clientPort ? .client : .server
        readers.sessions.prefetch(session, Session.headBytes)
        guard entry.segment.payloadLength > 0 else { return }
        let (counts, decoder) = Session.hotBytes(of: role)
        readers.sessions.prefetch(session, counts)
        readers.sessions.prefetch(session, decoder)
    }

    /// Takes a segment of one of the shard's connections; `bytes` is the packet that holds it, or the datagram that the
    /// packet completed.
    mutating func receive(
        _ entry: inout PacketAhead, in bytes: Span<UInt8>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        if shareOut(entry.segment.payloadLength, &workspace), !lingering.isEmpty {
            let current = table.find(&entry.segment, hash: entry.hash)?.slot
            endLingering(at: workspace.time, except: current, &workspace, &sink)
        }
        // The slot was looked up ahead of time: its connection may have been forgotten since. Whether it was found then
        // depends on how packets are batched, so only the slow path makes room.
        guard !table.isCrowded, let slot = entry.slot, table.connections.isUsed(slot),
            receivePlain(&entry, at: slot, in: bytes, &workspace, &sink)
        else {
            return receiveAny(&entry, in: bytes, &workspace, &sink)
        }
    }

    /// Takes a segment of any kind.
    @inline(never)
    private mutating func receiveAny(
        _ entry: inout PacketAhead, in bytes: Span<UInt8>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var found = table.find(&entry.segment, hash: entry.hash)
        var late: ConnectionTable.Place?
        if let place = found { late = table.formerPlace(of: &entry.segment, before: place) }
        if let late {
            found = late
        } else if found == nil || entry.segment.flags.contains(.syn) || isRevived(found, &entry.segment) {
            found = open(entry.segment, in: bytes, at: found, &workspace, &sink)
        }
        guard let place = found else { return }
        let slot = place.slot
        if !lingering.isEmpty, table.connections[slot].isFinished { endIfOverdue(slot, &workspace, &sink) }
        if table.isCrowded, entry.segment.payloadLength > 0 { makeRoom(for: slot, &workspace, &sink) }
        switch readers.connections[slot.index].reader {
        case .ignored:
            return table.connections[slot].pass(entry.segment.flags, from: place.direction, at: workspace.origin)
        case .layer(let layer) where readers.layers[layer].isSpent:
            return pass(entry.segment, at: place, layer, &workspace, &sink)
        case .none, .opening, .layer, .stopped, .session: break
        }
        guard !table.connections[slot].rejects(&entry.segment, in: bytes, from: place.direction) else {
            reportRejected(slot, place.direction, &workspace, &sink)
            return
        }
        let payload = bytes.extracting(entry.segment.payload)
        let arrival = table.connections[slot].receive(
            &entry.segment, from: place.direction, at: workspace.origin, payload: payload,
            budget: &table.budget, limits: table.limits,
            resetEndsAll: !entry.segment.flags.contains(.rst) || !awaitsAftermath(of: &entry.segment, at: place))
        follow(arrival, of: &entry.segment, payload, at: place, &workspace, &sink)
    }

    /// Takes a segment of a connection that cannot be decrypted: only its length and the end of the connection matter.
    private mutating func pass(
        _ segment: borrowing TCPSegment, at place: ConnectionTable.Place, _ layer: Slot<LayerReader>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        countPassed(
            segment.payloadLength, from: place.direction, on: layer, at: workspace.time,
            after: table.connections[place.slot].lastTime)
        table.connections[place.slot].pass(segment.flags, from: place.direction, at: workspace.origin)
        if table.connections[place.slot].isClosed { end(place.slot, cause: .closed, &workspace, &sink) }
    }

    /// Whether an end goes on after the RST or FIN that ended the connection.
    private mutating func isRevived(_ place: ConnectionTable.Place?, _ segment: inout TCPSegment) -> Bool {
        guard let place else { return false }
        return table.connections[place.slot].isRevived(by: segment, from: place.direction)
    }

    /// Opens the connection of a segment that belongs to none, or that may begin another between the ends of `found`;
    /// nil if there is nothing to track.
    @inline(never)
    private mutating func open(
        _ segment: borrowing TCPSegment, in bytes: Span<UInt8>, at found: ConnectionTable.Place?,
        _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> ConnectionTable.Place? {
        var opening: HandshakeSegment?
        var rival: HandshakeSegment?
        var former: Slot<TCPConnection>?
        if let place = found {
            guard
                segment.flags.contains(.syn)
                    ? table.isReplaced(place, by: segment, in: bytes, at: workspace.origin)
                    : table.connections[place.slot].isRevived(by: segment, from: place.direction)
            else { return place }
            opening = table.connections[place.slot].opening(answeredBy: segment, from: place.direction)
            rival = table.connections[place.slot].unansweredOpening(from: place.direction)
            if segment.flags.contains(.syn), awaitsLatePackets(of: place.slot) {
                former = place.slot
                retire(place.slot, &workspace, &sink)
            } else {
                forget(place.slot, cause: .closed, &workspace, &sink)
            }
        } else if segment.flags.contains(.rst) {
            return nil
        }
        if let slot = table.nextToForget(now: workspace.time) {
            forget(slot, cause: table.connections[slot].isOver ? .closed : .captureEnd, &workspace, &sink)
        }
        let place = table.insert(segment, time: workspace.time, opening: opening, rival: rival)
        readers.add(place.slot, seenWith: workspace.packet)
        workspace.summary.tcpConnections &+= 1
        if let former { table.link(place.slot, to: former, at: workspace.origin) }
        return place
    }
}
