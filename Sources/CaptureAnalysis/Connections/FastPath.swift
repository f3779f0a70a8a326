import BasicContainers
import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The fast path of a shard.
extension Shard {
    /// Takes a plain segment of a known connection, with the same result as the slow path.
    ///
    /// - Returns: Whether it is one; if not, nothing has changed.
    @inline(__always)
    mutating func receivePlain(
        _ entry: inout PacketAhead, at slot: Slot<TCPConnection>, in bytes: Span<UInt8>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        switch readers.connections[slot.index].reader {
        case .session(let session):
            guard !tracksStates, !readers.sessions[session].watchesSegments,
                let direction = table.connections[slot].receiveFastPath(&entry.segment, in: bytes, time: workspace.time)
            else { return false }
            workspace.hasHole = false
            guard entry.segment.payloadLength > 0 else { return true }
            let role = Role(direction, client: readers.connections[slot.index].client)
            readers.sessions[session].take(
                bytes.extracting(entry.segment.payload),
                from: Provenance(
                    role: role, origin: workspace.origin, acknowledged: acknowledged(slot, direction)),
                &workspace, &sink)
            let place = ConnectionTable.Place(slot: slot, direction: direction)
            followDelivery(entry.segment.payloadLength, place, from: role, session, &workspace, &sink)
            return true
        case .opening(let opening):
            guard
                let direction = table.connections[slot].receiveFastPath(&entry.segment, in: bytes, time: workspace.time)
            else { return false }
            workspace.hasHole = false
            let length = entry.segment.payloadLength
            guard length > 0, !readers.openings[opening].pass(length, from: direction) else { return true }
            let place = ConnectionTable.Place(slot: slot, direction: direction)
            workspace.receipt = Receipt(
                packet: workspace.packet, offset: table.connections[slot].acknowledgedOffset(of: direction.opposite))
            if deliver(bytes.extracting(entry.segment.payload), place, &workspace, &sink) {
                drain(slot, &workspace, &sink)
            }
            if case .session(let session) = readers.connections[slot.index].reader {
                let role = Role(direction, client: readers.connections[slot.index].client)
                followDelivery(length, place, from: role, session, &workspace, &sink)
            }
            return true
        case .ignored: return table.connections[slot].passFastPath(&entry.segment, time: workspace.time) != nil
        case .layer(let layer):
            guard readers.layers[layer].isSpent else {
                return receivePlain(&entry, at: slot, layer, in: bytes, &workspace, &sink)
            }
            let previous = table.connections[slot].lastTime
            guard let direction = table.connections[slot].passFastPath(&entry.segment, time: workspace.time) else {
                return false
            }
            countPassed(
                entry.segment.payloadLength, from: direction, on: layer, at: workspace.time, after: previous)
            return true
        case .none, .stopped: return false
        }
    }

    /// Takes a plain segment of a connection that a layer reads.
    @inline(never)
    private mutating func receivePlain(
        _ entry: inout PacketAhead, at slot: Slot<TCPConnection>, _ layer: Slot<LayerReader>, in bytes: Span<UInt8>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        guard !tracksStates else { return false }
        let only = readers.onlySession(in: layer)
        if let only {
            guard !readers.sessions[only.session].watchesSegments else { return false }
        } else {
            for session in readers.sessions(on: slot) where readers.sessions[session].watchesSegments { return false }
        }
        guard let direction = table.connections[slot].receiveFastPath(&entry.segment, in: bytes, time: workspace.time)
        else { return false }
        workspace.hasHole = false
        let length = entry.segment.payloadLength
        guard length > 0 else { return true }
        var payload = bytes.extracting(entry.segment.payload)
        if readers.layers[layer].keep(payload, from: direction, room: &memory.layers) { return true }
        let place = ConnectionTable.Place(slot: slot, direction: direction)
        workspace.receipt = Receipt(
            packet: workspace.packet, offset: table.connections[slot].acknowledgedOffset(of: direction.opposite))
        if let only {
            let done = passRecords(payload, place, layer, only.channel, only.session, &workspace, &sink)
            if done == length {
                if followsDeliveries, readers.sessions[only.session].watchesSegments {
                    settle(slot, only.session, &workspace, &sink)
                }
                return true
            }
            payload = payload.extracting(droppingFirst: done)
        }
        if deliver(payload, place, &workspace, &sink) { drain(slot, &workspace, &sink) }
        guard followsDeliveries else { return true }
        for session in readers.sessions(on: slot) {
            let role = readers.role(of: direction, in: session)
            followDelivery(length, place, from: role, session, &workspace, &sink)
        }
        return true
    }

    /// Passes records that a layer decodes one by one to its only session.
    ///
    /// - Returns: The number of payload bytes that they take, from the first on; the rest is to be delivered.
    @inline(__always)
    private mutating func passRecords(
        _ payload: Span<UInt8>, _ place: ConnectionTable.Place, _ layer: Slot<LayerReader>, _ channel: Slot<Channel>,
        _ session: Slot<Session>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Int {
        guard table.budget >= 0, readers.channels[channel].isIdle else { return 0 }
        let direction = place.direction
        let start = table.connections[place.slot].nextOffset(of: direction) &- UInt64(payload.count)
        let acknowledged = acknowledged(place.slot, direction)
        var done = 0
        var room = workspace.spare.takeRecord()
        while done < payload.count {
            var span = room.mutableSpan
            guard
                let record = readers.layers[layer].decodeFirst(
                    of: payload.extracting(droppingFirst: done), from: direction, into: &span)
            else { break }
            let carrier = start &+ UInt64(done)
            done &+= record.size
            guard record.count > 0 else { continue }
            let streamPlace = StreamPlace(
                direction: direction, offset: readers.channels[channel].advance(direction, by: record.count),
                origin: workspace.origin, carrier: carrier..<(start &+ UInt64(done)), acknowledged: acknowledged)
            _ = readers.sessions[session].receive(
                room.span.extracting(first: record.count), at: streamPlace, &workspace, &sink)
        }
        workspace.spare.giveBack(room)
        return done
    }

    /// How far a stream is acknowledged; 0 if deliveries are not followed.
    @inline(__always)
    mutating func acknowledged(_ slot: Slot<TCPConnection>, _ direction: Direction) -> UInt64 {
        followsDeliveries ? table.connections[slot].acknowledgedOffset(of: direction) : 0
    }
}
