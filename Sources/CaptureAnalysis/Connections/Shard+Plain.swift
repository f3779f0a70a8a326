import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The short way of a shard.
extension Shard {
    /// The short way for plain segments of a connection that is known; false where it is another.
    @inline(__always)
    mutating func receivePlain(
        _ entry: inout PacketAhead, at slot: Slot<TCPConnection>, in bytes: Span<UInt8>,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        switch readers[slot.index] {
        case .session(let session):
            guard !tracksStates, !sessions[session].watchesSegments,
                let direction = table.connections[slot].receivePlain(&entry.segment, in: bytes, time: state.time)
            else { return false }
            state.hasHole = false
            guard entry.segment.payloadLength > 0 else { return true }
            let place = ConnectionTable.Place(slot: slot, direction: direction)
            deliver(
                bytes.extracting(entry.segment.payload), to: session, from: role(of: place), place, state.packet,
                &state, &sink)
            noteDelivered(entry.segment.payloadLength, place, session, &state, &sink)
            return true
        case .watch(let watch):
            guard let direction = table.connections[slot].receivePlain(&entry.segment, in: bytes, time: state.time)
            else { return false }
            state.hasHole = false
            let length = entry.segment.payloadLength
            guard length > 0, !watches[watch].follower.pass(length, from: direction) else { return true }
            let place = ConnectionTable.Place(slot: slot, direction: direction)
            if deliverOrPause(bytes.extracting(entry.segment.payload), place, state.packet, &state, &sink) {
                drain(slot, &state, &sink)
            }
            if case .session(let session) = readers[slot.index] {
                noteDelivered(length, place, session, &state, &sink)
            }
            return true
        case .nobody: return table.connections[slot].passPlain(&entry.segment, time: state.time)
        case .none, .left: return false
        }
    }
}
