import PacketDecoding
import TCPReassembly
import WireFormat

/// A packet decoded before its turn, so that the state of its connection can be prefetched.
struct PacketAhead {
    // Without padding, since copies pass between processors.
    var segment = TCPSegment()
    /// For a segment: the hash by which the shard's table finds its connection.
    var hash: UInt32 = 0
    private var candidate = Slot<TCPConnection>(-1)
    private var shortShard: UInt8 = 0
    var packet = TransportPacket.other

    /// For a segment: the slot that most likely holds its connection; nil if there is none.
    @inline(__always)
    var slot: Slot<TCPConnection>? {
        get { candidate.index < 0 ? nil : candidate }
        set { candidate = newValue ?? Slot(-1) }
    }

    /// For a segment: the shard of its connection.
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
    ///
    /// Each end is mixed before the two are added, so that clients whose addresses and ports count up together spread
    /// as well as others.
    private static func shard(of segment: borrowing TCPSegment) -> UInt8 {
        let sum =
            mixed(segment.source.address.bits, segment.source.port)
            &+ mixed(segment.destination.address.bits, segment.destination.port)
        return UInt8(truncatingIfNeeded: (sum &* 0x9e37_79b9_7f4a_7c15) &>> 61)
    }

    @inline(__always)
    private static func mixed(_ address: UInt128, _ port: UInt16) -> UInt64 {
        let folded = UInt64(truncatingIfNeeded: address) ^ UInt64(truncatingIfNeeded: address &>> 64)
        let product = (folded &+ UInt64(port) &<< 40) &* 0xff51_afd7_ed55_8ccd
        return product ^ product &>> 32
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
