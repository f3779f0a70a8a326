import PacketDecoding
import TCPReassembly
import WireFormat

/// A packet that was decoded before its turn comes, so that the state of its connection is on its way from memory.
struct PacketAhead {
    // Without room between: copies pass from processor to processor.
    var segment = TCPSegment()
    /// Of a segment: what the shard's table knows its connection by.
    var hash: UInt32 = 0
    private var candidate = Slot<TCPConnection>(-1)
    private var shortShard: UInt8 = 0
    var packet = TransportPacket.other

    /// Of a segment: the slot in which its connection most likely is, if there is any.
    @inline(__always)
    var slot: Slot<TCPConnection>? {
        get { candidate.index < 0 ? nil : candidate }
        set { candidate = newValue ?? Slot(-1) }
    }

    /// Of a segment: the shard of its connection.
    @inline(__always)
    var shard: Int { Int(shortShard) }

    /// Decodes a packet of a batch, and finds the shard of its segment.
    @inline(__always)
    mutating func decode(_ batch: borrowing PacketBatch, _ place: Int, with decoder: inout PacketDecoder) {
        packet = decoder.decode(
            batch.bytes(place), originalLength: batch.originalLength(place), batch.linkType(place),
            at: batch.time(place), into: &segment)
        if packet.isTCP { shortShard = Self.shard(of: segment) }
    }

    /// Decodes a packet, and finds the shard of its segment.
    mutating func decode(_ captured: borrowing CapturedPacket, with decoder: inout PacketDecoder) {
        packet = decoder.decode(captured, into: &segment)
        if packet.isTCP { shortShard = Self.shard(of: segment) }
    }

    /// The shard of a connection: the same for both directions, on every machine.
    private static func shard(of segment: borrowing TCPSegment) -> UInt8 {
        let bits = segment.source.address.bits ^ segment.destination.address.bits
        let folded = UInt64(truncatingIfNeeded: bits) ^ UInt64(truncatingIfNeeded: bits &>> 64)
        let mixed = (folded ^ UInt64(segment.source.port ^ segment.destination.port)) &* 0x9e37_79b9_7f4a_7c15
        return UInt8(truncatingIfNeeded: mixed &>> 61)
    }
}

extension TransportPacket {
    /// Whether it is a TCP segment.
    @inline(__always)
    var isTCP: Bool {
        switch self {
        case .tcp, .reassembledTCP: true
        default: false
        }
    }

    /// Whether the payload is a range of ``PacketDecoder/datagram``.
    @inline(__always)
    var isReassembled: Bool {
        switch self {
        case .reassembledTCP, .reassembledUDP: true
        default: false
        }
    }
}
