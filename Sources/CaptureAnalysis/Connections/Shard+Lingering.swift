import PacketDecoding
import TCPReassembly
import WireFormat

/// What follows RSTs, both FINs, and SYNs of connections that replace others.
extension Shard {
    /// Whether what follows a RST matters: there is a session that had not ended, or an upgrade whose response may be
    /// captured late.
    mutating func awaitsAftermath(of segment: inout TCPSegment, at place: ConnectionTable.Place) -> Bool {
        let slot = place.slot
        let isAsked: Bool? =
            switch readers.connections[slot.index].reader {
            case .none: table.connections[slot].awaitsAcknowledgment()
            case .opening(let opening):
                readers.openings[opening].asked != nil || table.connections[slot].isUnseen(place.direction.opposite)
            case .session, .layer, .stopped, .ignored: nil
            }
        if let isAsked {
            guard isAsked, table.connections[slot].firstFinPacket == nil else { return false }
            return table.connections[slot].lacksBytes()
                || table.connections[slot].acknowledgesUnseen(segment, from: place.direction)
        }
        // After a FIN, only bytes received before the RST matter.
        let isFinished = table.connections[slot].firstFinPacket != nil
        for session in readers.sessions(on: slot) {
            if table.connections[slot].acknowledgesUnseen(segment, from: place.direction) { return true }
            if isFinished ? table.connections[slot].lacksBytes() : !readers.sessions[session].isShut { return true }
        }
        return false
    }

    /// Keeps a connection waiting for what follows, if the current packet is the RST that ended it.
    mutating func awaitAftermath(
        of slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot].reset?.packet == workspace.packet else { return }
        linger(slot, .reset(packet: workspace.packet), &workspace, &sink)
    }

    /// Whether a connection that a segment has closed stays open, since bytes of a session before its FINs may be
    /// captured late.
    mutating func awaitsLateBytes(of slot: Slot<TCPConnection>, _ origin: Origin) -> Bool {
        switch readers.connections[slot.index].reader {
        case .session: break
        case .opening(let opening): guard readers.openings[opening].asked != nil else { return false }
        case .layer(let layer): guard readers.layers[layer].number > 0 else { return false }
        case .none, .stopped, .ignored: return false
        }
        return table.connections[slot].awaitLateBytes(at: origin)
    }

    /// Keeps a connection waiting for late bytes before its FINs.
    mutating func awaitLateBytes(
        of slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        linger(slot, .finished(packet: workspace.packet), &workspace, &sink)
    }

    /// Ends a connection that has waited long enough for late bytes before its FINs, if a later packet of it comes.
    ///
    /// So it makes no difference whether packets of other connections have ended it before.
    mutating func endIfOverdue(
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let finish = table.connections[slot].finish,
            workspace.time.nanoseconds(since: finish.time) > LingeringConnections.patience
        else { return }
        table.connections[slot].close()
        end(slot, cause: .closed, &workspace, &sink)
    }

    private mutating func linger(
        _ slot: Slot<TCPConnection>, _ cause: LingeringConnection.Cause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        if let oldest = lingering.makeRoom() { end(oldest, &workspace, &sink) }
        lingering.append(LingeringConnection(slot: slot, cause: cause, time: workspace.time))
    }

    /// Whether packets of a connection may be captured after the SYN of the next one between its ends: an end has
    /// acknowledged bytes that the other was not seen to send.
    mutating func awaitsLatePackets(of slot: Slot<TCPConnection>) -> Bool {
        switch readers.connections[slot.index].reader {
        case .session, .opening: table.connections[slot].lacksBytes()
        case .layer(let layer): !readers.layers[layer].isSpent && table.connections[slot].lacksBytes()
        // A request may wait for the acknowledgment of its SYN.
        case .none: table.connections[slot].awaitsAcknowledgment() && table.connections[slot].lacksBytes()
        case .stopped, .ignored: false
        }
    }

    /// Keeps a connection that another replaces waiting for late packets.
    mutating func retire(
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        table.retire(slot)
        linger(slot, .replaced(record: readers.records[slot.index]), &workspace, &sink)
    }

    /// Ends connections that have lingered long enough, except the current one, whose segment is judged first.
    @inline(never)
    mutating func endLingering(
        at time: Timestamp, except current: Slot<TCPConnection>?, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        while let connection = lingering.popDue(at: time, except: current) { end(connection, &workspace, &sink) }
    }

    /// Ends a connection that has lingered, unless its slot was reused or its ends went on.
    private mutating func end(
        _ connection: LingeringConnection, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let slot = connection.slot
        guard table.connections.isUsed(slot) else { return }
        switch connection.cause {
        case .replaced(let record):
            guard table.connections[slot].isReplaced, readers.records[slot.index] == record else { return }
            forget(slot, cause: .closed, &workspace, &sink)
        case .finished(let packet):
            guard table.connections[slot].isFinished, !table.connections[slot].isClosed,
                table.connections[slot].finish?.packet == packet
            else { return }
            table.connections[slot].close()
            end(slot, cause: .closed, &workspace, &sink)
        case .reset(let packet):
            guard table.connections[slot].awaitsAftermath, table.connections[slot].reset?.packet == packet else {
                return
            }
            table.connections[slot].close()
            end(slot, cause: .closed, &workspace, &sink)
        }
    }

    /// Reports bytes that followed the final RST of a connection.
    mutating func reportAftermath(
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        if let reset = table.connections[slot].inexactReset {
            for session in readers.sessions(on: slot) {
                let finding = Finding(
                    Rule(.resetInexact), "\(reset.packet)", from: readers.role(of: reset.from, in: session))
                report(finding, of: session, on: slot, &workspace, &sink)
            }
        }
        for direction in Direction.allCases {
            guard let rest = table.connections[slot].bytesAfterReset(direction) else { continue }
            for session in readers.sessions(on: slot) {
                let role = readers.role(of: direction, in: session)
                let finding = Finding(
                    Rule(.dataAfterReset), "\(rest.resetPacket)", "\(rest.count)", "\(rest.first.packet)", from: role,
                    at: rest.offset, origin: rest.first)
                report(finding, of: session, on: slot, &workspace, &sink)
            }
        }
    }
}
