import DequeModule
import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// A connection with a session that a RST has ended, unless the ends go on; or one that another has replaced.
struct AwaitedReset {
    /// The connection.
    var slot: Slot<TCPConnection>
    /// The packet of the RST; of one that was replaced, that which it was first seen with.
    var packet: UInt64
    /// The time of the RST, or of the SYN that replaced it.
    var time: Timestamp
    /// Whether another connection has replaced it.
    var isReplaced = false
}

/// What follows RSTs.
extension Shard {
    /// How long, in nanoseconds, a session waits for that before its end is told: twice as long as bytes may be on their way.
    static let resetPatience: Int64 = 2_000_000_000
    /// The most sessions that wait for it.
    private static let resetLimit = 1024

    /// Whether it matters what follows a RST: there is a session that was not at its end, or an upgrade whose answer may be
    /// captured late.
    mutating func awaitsAftermath(of segment: inout TCPSegment, at place: ConnectionTable.Place) -> Bool {
        let slot = place.slot
        guard table.connections[slot].firstFinPacket == nil else { return false }
        if case .opening(let opening) = connections[slot.index].reader {
            guard openings[opening].asked != nil else { return false }
            return table.connections[slot].lacksBytes()
                || table.connections[slot].acknowledgesUnseen(segment, from: place.direction)
        }
        for session in sessions(on: slot) {
            if !sessions[session].isShut || table.connections[slot].acknowledgesUnseen(segment, from: place.direction) {
                return true
            }
        }
        return false
    }

    /// Lets a connection wait, if the current packet is the RST that ended it.
    mutating func awaitAftermath(
        of slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot].reset?.packet == workspace.packet else { return }
        append(AwaitedReset(slot: slot, packet: workspace.packet, time: workspace.time), &workspace, &sink)
    }

    private mutating func append(
        _ reset: AwaitedReset, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        if resets.count >= Self.resetLimit, let first = resets.popFirst() { end(first, &workspace, &sink) }
        resets.append(reset)
    }

    /// Whether packets of a connection may be captured after the SYN of the next between its ends: one end has acknowledged what
    /// the other was not seen to send.
    mutating func awaitsLatePackets(of slot: Slot<TCPConnection>) -> Bool {
        switch connections[slot.index].reader {
        case .session, .opening: table.connections[slot].lacksBytes()
        case .layer(let layer): !layers[layer].isSpent && table.connections[slot].lacksBytes()
        case .none, .stopped, .ignored: false
        }
    }

    /// Lets a connection that another replaces wait for such packets.
    mutating func retire(
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        table.retire(slot)
        let reset = AwaitedReset(
            slot: slot, packet: records[slot.index], time: workspace.time, isReplaced: true)
        append(reset, &workspace, &sink)
    }

    /// Ends connections whose RST is long past, but the current one: what its segment shows is judged first.
    @inline(never)
    mutating func endResets(
        at time: Timestamp, except current: Slot<TCPConnection>?, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        while let first = resets.first, time.nanoseconds(since: first.time) > Self.resetPatience {
            resets.removeFirst()
            if first.slot == current {
                resets.append(AwaitedReset(slot: first.slot, packet: first.packet, time: time))
            } else {
                end(first, &workspace, &sink)
            }
        }
    }

    /// Ends a connection that has waited, unless another has its slot, or the ends went on.
    private mutating func end(
        _ reset: AwaitedReset, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections.isUsed(reset.slot) else { return }
        if reset.isReplaced {
            guard table.connections[reset.slot].isReplaced, records[reset.slot.index] == reset.packet else { return }
            return forget(reset.slot, cause: .closed, &workspace, &sink)
        }
        guard table.connections[reset.slot].awaitsAftermath,
            table.connections[reset.slot].reset?.packet == reset.packet
        else { return }
        table.connections[reset.slot].close()
        end(reset.slot, cause: .closed, &workspace, &sink)
    }

    /// Reports bytes that followed the RST that ended a connection.
    mutating func reportAftermath(
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        for direction in Direction.allCases {
            guard let rest = table.connections[slot].bytesAfterReset(direction) else { continue }
            for session in sessions(on: slot) {
                let role = Role(direction, client: sessions[session].clientDirection)
                let finding = Finding(
                    Rule(.dataAfterReset), "\(rest.resetPacket)", "\(rest.count)", "\(rest.first.packet)", from: role,
                    at: rest.offset, origin: rest.first)
                let context = workspace.context(sessions[session].id, view: view(slot, session))
                workspace.report(finding, at: context, into: &sink)
            }
        }
    }
}
