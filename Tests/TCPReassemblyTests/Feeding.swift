import PacketDecoding
import TCPReassembly
import WireFormat

// Segments that a test writes as literals need no variable of their own.

extension ConnectionTable {
    /// Finds the connection of a segment.
    mutating func find(_ segment: TCPSegment) -> Place? {
        var segment = segment
        let hash = self.hash(&segment)
        _ = prepare(hash)
        return find(&segment, hash: hash)
    }
}

extension TCPConnection {
    /// Takes a segment.
    mutating func receive(
        _ segment: TCPSegment, from direction: Direction, payload: Span<UInt8>, packet: UInt64, time: Timestamp,
        budget: inout Int, limits: ReassemblyLimits
    ) -> Arrival {
        var segment = segment
        return receive(
            &segment, from: direction, at: Origin(packet: packet, time: time), payload: payload, budget: &budget,
            limits: limits)
    }
}
