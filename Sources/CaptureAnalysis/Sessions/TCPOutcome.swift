import TCPReassembly
import WireFormat

/// What a TCP connection came to, as its session's end needs it.
struct TCPOutcome {
    /// Nanoseconds from its first packet to its last.
    var duration: Int64
    /// When its last packet was captured.
    var lastTime: Timestamp
    /// When the first FIN or RST was captured.
    var firstEndTime: Timestamp?
    /// The first FIN, and who sent it.
    var firstFin: (packet: UInt64, from: Direction)?
    /// The first RST, and who sent it.
    var reset: (packet: UInt64, from: Direction)?
    /// Whether each stream, by its direction, was seen to the end that its FIN tells.
    var isWhole: InlineArray<2, Bool>
    /// How far each stream, by its direction, was acknowledged.
    var acknowledgedOffsets: InlineArray<2, UInt64>
    /// How it fared.
    var health: SessionEnd.TCPHealth

    init(_ connection: borrowing TCPConnection) {
        duration = connection.lastTime.nanoseconds(since: connection.firstTime)
        lastTime = connection.lastTime
        firstEndTime = connection.firstEndTime
        reset = connection.reset
        let fins: [(packet: UInt64, from: Direction)] = Direction.allCases.compactMap { direction in
            connection.finPackets[Int(direction.rawValue)].map { ($0, direction) }
        }
        firstFin = fins.min { $0.packet < $1.packet }
        let streams = (forth: Direction.fromInitiator, back: Direction.fromResponder)
        isWhole = InlineArray { index in
            connection[index == 0 ? .fromInitiator : .fromResponder].isWhole
        }
        acknowledgedOffsets = [
            connection[.fromInitiator].acknowledgedOffset, connection[.fromResponder].acknowledgedOffset,
        ]
        health = SessionEnd.TCPHealth(
            retransmittedSegments: connection[streams.forth].retransmittedSegments
                &+ connection[streams.back].retransmittedSegments,
            outOfOrderSegments: connection[streams.forth].outOfOrderSegments
                &+ connection[streams.back].outOfOrderSegments,
            gapBytes: connection[streams.forth].gapBytes &+ connection[streams.back].gapBytes,
            finPackets: fins.map(\.packet).sorted(), resetPacket: connection.reset?.packet)
    }
}
