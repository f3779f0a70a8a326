/// One direction of a connection: what is still to be sent, and how far it is.
struct SendingEnd {
    /// A segment that comes late, or once more.
    struct Postponed {
        var sequence: UInt32
        var payload: [UInt8]
    }

    /// The sequence number of the next byte.
    var sequence: UInt32
    /// What the other end has received in order.
    var received: UInt32
    /// Bytes to send, of which those before `sent` are sent.
    var outbox: [UInt8] = []
    private(set) var sent = 0
    /// Random bytes to send behind the outbox.
    var bodyLeft = 0
    /// A segment that others overtake.
    var late: Postponed?
    /// The bytes of the segment before, where some are to be sent again.
    var previous: [UInt8] = []
    /// Segments that the other end has not acknowledged.
    var unacknowledged = 0
    var identification: UInt16
    var clock: UInt32
    /// The payloads of Pings that came and were not answered.
    var pongs: [[UInt8]] = []
    var lastKey: UInt32 = 0
    var deflater: Deflater?

    init(_ random: inout SeededRandom) {
        // A few begin shortly before the sequence numbers wrap.
        sequence = random.chance(0.02) ? .max - UInt32(random.below(4000)) : UInt32(truncatingIfNeeded: random.next())
        received = sequence
        identification = UInt16(truncatingIfNeeded: random.next())
        clock = UInt32(truncatingIfNeeded: random.next())
    }

    /// Whether nothing is left to send.
    var isIdle: Bool { sent == outbox.count && bodyLeft == 0 && late == nil }

    /// Whether bytes are left that were never sent.
    var hasMore: Bool { sent < outbox.count || bodyLeft > 0 }

    /// Takes at most `count` bytes out of the outbox.
    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let taken = outbox[sent..<min(outbox.count, sent + count)]
        sent = taken.endIndex
        return taken
    }

    /// Makes room where everything is sent.
    mutating func clearIfSent() {
        guard sent == outbox.count else { return }
        outbox.removeAll(keepingCapacity: outbox.capacity <= 1 << 16)
        sent = 0
    }
}
