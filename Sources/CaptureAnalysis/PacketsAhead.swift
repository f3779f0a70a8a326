import PacketDecoding
import WireFormat

/// Packets that were decoded before their turn comes, so that the state of their connections is on its way from memory.
struct PacketsAhead {
    /// A decoded packet.
    struct Entry {
        var packet = DecodedPacket.notTCP
        var segment = TCPSegment()
        /// Of a segment: the shard of its connection.
        var shard = 0
        /// Of a segment: what the shard's table knows its connection by.
        var hash: UInt32 = 0
        /// Of a segment: the slot in which its connection most likely is; negative where there is none.
        var slot = -1

        /// Decodes a packet, and finds the shard of its segment.
        @inline(__always)
        mutating func decode(_ captured: borrowing CapturedPacket, with decoder: inout PacketDecoder) {
            packet = decoder.decode(captured, into: &segment)
            if packet.isSegment { shard = Self.shard(of: segment) }
        }

        /// The shard of a connection: the same for both directions, on every machine.
        private static func shard(of segment: borrowing TCPSegment) -> Int {
            let bits = segment.source.address.bits ^ segment.destination.address.bits
            let folded = UInt64(truncatingIfNeeded: bits) ^ UInt64(truncatingIfNeeded: bits &>> 64)
            let mixed = (folded ^ UInt64(segment.source.port ^ segment.destination.port)) &* 0x9e37_79b9_7f4a_7c15
            return Int(truncatingIfNeeded: mixed &>> 61)
        }
    }

    /// How many there may be.
    static let capacity = 16

    /// The entries by their places.
    var entries = InlineArray<16, Entry>(repeating: Entry())
    private var first = 0
    private var end = 0
    /// Whether the last one needs the decoder's datagram, so that no other can be decoded before its turn.
    private var isBlocked = false

    var isEmpty: Bool { first == end }

    /// Takes a place behind the others; nil where there is no room.
    mutating func append() -> Int? {
        guard end < Self.capacity, !isBlocked else { return nil }
        end &+= 1
        return end &- 1
    }

    /// Lets no other in until the last one is taken out.
    mutating func block() {
        isBlocked = true
    }

    /// Takes the first one out, which stays readable until the next `append`; there must be one.
    mutating func popFirst() -> Int {
        let place = first
        first &+= 1
        if isEmpty {
            first = 0
            end = 0
            isBlocked = false
        }
        return place
    }
}
