import CaptureAnalysis
import PacketCapture
import WireFormat

/// Picks the packets of WebSocket connections, those before the upgrade included (`--write-websocket-only`).
///
/// A connection's packets wait until it has a number in the trace, or cannot get one any more. What waits is bounded:
/// ``PacketCapture/HeldPackets``.
struct WebSocketSelection {
    private var held = HeldPackets<ConnectionEnds>()
    /// Connections that have a number: what comes after their end is theirs as well.
    private var numbered: Set<ConnectionEnds> = []
    /// The same in the order in which they got it; some are not in the set any more.
    private var order: [ConnectionEnds] = []

    /// How many ended connections are remembered for their last packets.
    private static let memory = 65_536

    /// How many packets were not kept since too many waited.
    var droppedPackets: UInt64 { held.droppedPackets }

    /// Writes a packet, or keeps it until it is known whether to, or lets it go.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - standing: What the analysis knows of it.
    ///   - announced: The connections that got their number with this packet.
    ///   - file: Where to write.
    mutating func take(
        _ packet: borrowing CapturedPacket, _ standing: PacketStanding, announced: [ConnectionEnds],
        to file: inout PacketFileWriter
    ) {
        for ends in announced {
            remember(ends)
            release(ends, to: &file)
        }
        switch standing {
        case .segment(let ends, .undecided):
            numbered.remove(ends)
            held.hold(packet, of: ends)
        case .segment(let ends, .webSocket):
            release(ends, to: &file)
            file.append(packet)
        case .segment(let ends, .nothing):
            if numbered.contains(ends) { file.append(packet) } else { _ = held.take(ends) }
        // It may be part of a WebSocket connection: nobody knows before the datagram is complete.
        case .fragment: file.append(packet)
        case .other: break
        }
    }

    /// Writes what waits of connections that got their number when the capture ended.
    mutating func finish(announced: [ConnectionEnds], to file: inout PacketFileWriter) {
        for ends in announced { release(ends, to: &file) }
    }

    private mutating func release(_ ends: ConnectionEnds, to file: inout PacketFileWriter) {
        for packet in held.take(ends) { file.append(packet) }
    }

    private mutating func remember(_ ends: ConnectionEnds) {
        guard numbered.insert(ends).inserted else { return }
        order.append(ends)
        guard order.count > 2 * Self.memory else { return }
        for old in order[..<Self.memory] { numbered.remove(old) }
        order.removeFirst(Self.memory)
    }
}
