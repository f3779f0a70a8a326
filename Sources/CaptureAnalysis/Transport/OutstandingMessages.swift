import BasicContainers
import WireFormat

/// Messages of one end in the order of their ends, in a ring that doubles up to a bound.
///
/// Offsets are counted from the first byte of the end's TCP stream.
struct OutstandingMessages: ~Copyable {
    /// A message that was sent.
    struct Message {
        /// Where it begins.
        var start: UInt64
        /// Where it ends.
        var end: UInt64
        var messagePacket: UInt64
        var lastBytePacket: UInt64
        /// When that was captured, if it is known.
        var lastByteTime: Timestamp?
        var retransmissions: UInt32
    }

    private var ring = UniqueArray<Message>()
    private var head = 0
    /// How many there are.
    private(set) var count = 0
    /// How many of them were sent again, in part or as a whole.
    private(set) var repeatedCount = 0
    /// Where the latest ends.
    private(set) var lastEnd: UInt64 = 0

    private static let smallest = 4

    /// Whether there is room for one more without another allocation.
    @inline(__always)
    var isFull: Bool { count == ring.count }

    /// The messages that there is room for.
    var capacity: Int { ring.count }

    /// The bytes that it takes of what sessions share: the first few messages are each session's own.
    var cost: Int { Self.cost(of: ring.count) }

    /// The bytes that ``grow()`` takes beyond that.
    var growth: Int { Self.cost(of: nextCapacity) &- cost }

    private var nextCapacity: Int { max(Self.smallest, ring.count &* 2) }

    private static func cost(of capacity: Int) -> Int {
        max(0, capacity &- smallest) &* MemoryLayout<Message>.stride
    }

    /// The oldest.
    var first: Message? { count > 0 ? ring[head] : nil }

    /// Makes room for twice as many.
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

    /// Takes out the oldest.
    mutating func popFirst() -> Message? {
        guard let message = first else { return nil }
        removeFirst()
        return message
    }

    /// Takes out all if the last ends at this offset or before and none was sent again.
    ///
    /// The ring, which is seldom in a cache, is not looked at for that, and is used from its beginning afterwards.
    @inline(__always)
    mutating func removeAllQuiet(upTo offset: UInt64) {
        guard repeatedCount == 0, lastEnd <= offset else { return }
        head = 0
        count = 0
    }

    /// Takes out those that end at this offset or before, up to the first that was sent again.
    mutating func removeQuiet(upTo offset: UInt64) {
        while count > 0, ring[head].end <= offset, ring[head].retransmissions == 0 { removeFirst() }
    }

    /// Counts a segment with bytes that were sent before.
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
