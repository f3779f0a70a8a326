import PacketDecoding

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
