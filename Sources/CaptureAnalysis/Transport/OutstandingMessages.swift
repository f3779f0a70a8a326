import BasicContainers
import WireFormat

/// The messages of one end in the order of their ends, in a ring that doubles up to a bound.
///
/// Offsets count from the first byte of the end's TCP stream.
struct OutstandingMessages: ~Copyable {
    /// A sent message.
    struct Message {
        /// The offset of its first byte.
        var start: UInt64
        /// The offset after its last byte.
        var end: UInt64
        var messagePacket: UInt64
        var lastBytePacket: UInt64
        /// The time of the last byte's packet, if known.
        var lastByteTime: Timestamp?
        var retransmissions: UInt32
    }

    private var ring = UniqueArray<Message>()
    private var head = 0
    /// The number of messages.
    private(set) var count = 0
    /// The number of messages that were retransmitted, in part or as a whole.
    private(set) var repeatedCount = 0
    /// The end of the latest message.
    private(set) var lastEnd: UInt64 = 0

    private static let smallest = 4

    /// Whether the ring is full, so that another message needs an allocation.
    @inline(__always)
    var isFull: Bool { count == ring.count }

    /// The number of messages that the ring has room for.
    var capacity: Int { ring.count }

    /// The memory that it takes of what sessions share, in bytes: the first few messages are each session's own.
    var cost: Int { Self.cost(of: ring.count) }

    /// The further memory that ``grow()`` takes, in bytes.
    var growth: Int { Self.cost(of: nextCapacity) &- cost }

    private var nextCapacity: Int { max(Self.smallest, ring.count &* 2) }

    private static func cost(of capacity: Int) -> Int {
        max(0, capacity &- smallest) &* MemoryLayout<Message>.stride
    }

    /// The oldest message.
    var first: Message? { count > 0 ? ring[head] : nil }

    /// Makes room for twice as many messages.
    mutating func grow() {
        let none = Message(
            start: 0, end: 0, messagePacket: 0, lastBytePacket: 0, lastByteTime: nil, retransmissions: 0)
        var grown = UniqueArray<Message>(minimumCapacity: nextCapacity)
        for index in 0..<count { grown.append(ring[place(index)]) }
        for _ in count..<nextCapacity { grown.append(none) }
        ring = grown
        head = 0
    }

    /// Adds a message; there must be room.
    @inline(__always)
    mutating func append(_ message: Message) {
        ring[place(count)] = message
        count &+= 1
        lastEnd = message.end
        if message.retransmissions > 0 { repeatedCount &+= 1 }
    }

    /// Removes the oldest message.
    mutating func popFirst() -> Message? {
        guard let message = first else { return nil }
        removeFirst()
        return message
    }

    /// Removes all messages if the last one ends at or before this offset and none was retransmitted.
    ///
    /// This does not read the ring, which is seldom cached, and the ring is used from its start afterwards.
    @inline(__always)
    mutating func removeAllQuiet(upTo offset: UInt64) {
        guard repeatedCount == 0, lastEnd <= offset else { return }
        head = 0
        count = 0
    }

    /// Removes messages that end at or before this offset, up to the first retransmitted one.
    mutating func removeQuiet(upTo offset: UInt64) {
        while count > 0, ring[head].end <= offset, ring[head].retransmissions == 0 { removeFirst() }
    }

    /// Counts a segment with retransmitted bytes.
    mutating func countRepeat(_ bytes: Range<UInt64>) {
        for index in 0..<count {
            let place = place(index)
            guard ring[place].start < bytes.upperBound, bytes.lowerBound < ring[place].end else { continue }
            if ring[place].retransmissions == 0 { repeatedCount &+= 1 }
            ring[place].retransmissions &+= 1
        }
    }

    private mutating func removeFirst() {
        if ring[head].retransmissions > 0 { repeatedCount &-= 1 }
        head = (head &+ 1) & (ring.count &- 1)
        count &-= 1
    }

    /// The capacity is a power of two.
    @inline(__always)
    private func place(_ index: Int) -> Int { (head &+ index) & (ring.count &- 1) }
}
