import TCPReassembly
import WireFormat

/// What time does to connections while no packet of theirs comes.
extension Shard {
    /// Nanoseconds of silence after which a connection on which no WebSocket was seen is forgotten: an hour.
    private static let idleLifetime: Int64 = 3_600_000_000_000

    /// Takes note that it is `time`.
    mutating func advance(
        to time: Timestamp, state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) {
        for slot in table.connections.slots where table.connections.isUsed(slot) {
            let silence = time.nanoseconds(since: table.connections[slot].lastTime)
            if table.connections[slot].isClosed {
                if silence > table.limits.closedLifetime { forget(slot, cause: .closed, state: &state, sink: &sink) }
            } else if silence > Shard.idleLifetime, standing(of: slot) != .webSocket {
                end(slot, cause: .captureEnd, state: &state, sink: &sink)
                table.remove(slot)
            } else if table.connections[slot].age(to: time, limits: table.limits) {
                state.hasHole = true
                drain(slot, &state, &sink)
            }
        }
    }

    /// What a connection is, as far as is known.
    func standing(of slot: Slot<TCPConnection>) -> PacketStanding.Connection {
        switch readers[slot.index] {
        case .session: .webSocket
        case .watch(let watch): watches[watch].number == nil ? .undecided : .webSocket
        case .left(let watch): watches[watch].number == nil ? .nothing : .webSocket
        case .none: .undecided
        case .nobody: .nothing
        }
    }
}
