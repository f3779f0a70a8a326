import DequeModule
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// A connection with a session that a RST has ended, unless the ends go on.
struct AwaitedReset {
    /// The connection.
    var slot: Slot<TCPConnection>
    /// The packet of the RST.
    var packet: UInt64
    /// Its time.
    var time: Timestamp
}

/// What follows RSTs.
extension Shard {
    /// How long, in nanoseconds, a session waits for that before its end is told: twice as long as bytes may be on their way.
    static let resetPatience: Int64 = 2_000_000_000
    /// The most sessions that wait for it.
    private static let resetLimit = 1024

    /// Whether it matters what follows a RST: there is a session that was not at its end.
    mutating func awaitsAftermath(of slot: Slot<TCPConnection>) -> Bool {
        guard table.connections[slot].firstFinPacket == nil else { return false }
        for session in sessions(on: slot) where !sessions[session].isShut { return true }
        return false
    }

    /// Lets a connection wait, if the current packet is the RST that ended it.
    mutating func awaitAftermath(
        of slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot].reset?.packet == workspace.packet else { return }
        if resets.count >= Self.resetLimit, let first = resets.popFirst() { end(first, &workspace, &sink) }
        resets.append(AwaitedReset(slot: slot, packet: workspace.packet, time: workspace.time))
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
        guard table.connections.isUsed(reset.slot), table.connections[reset.slot].awaitsAftermath,
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
