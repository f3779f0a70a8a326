import DequeModule
import WireFormat

/// What is known of one end's messages until they are acknowledged: the messages, and segments and acknowledgments that
/// came out of turn.
///
/// Offsets are counted from the first byte of the end's TCP stream.
struct DeliveryLedger: ~Copyable {
    /// A segment that was not the next in its stream.
    private struct OddSegment {
        var bytes: Range<UInt64>
        var origin: Origin
        var isRepeat: Bool
    }

    /// An acknowledgment that came before the bytes were handed on.
    struct EarlyAcknowledgment {
        var offset: UInt64
        var origin: Origin
    }

    /// The messages, including acknowledged ones until they are looked at.
    private var messages = OutstandingMessages()
    private var oddSegments = Deque<OddSegment>()
    private var earlyAcknowledgments = Deque<EarlyAcknowledgment>()
    /// Segments that brought only bytes already seen, as the stream counts them.
    private var repeats: UInt64 = 0
    /// Whether it was reported that not all messages can be followed.
    private var hasReportedLimit = false
    /// Whether a segment or an acknowledgment was forgotten that messages still to come may have had to do with.
    private(set) var hasForgotten = false
    /// The most segments and acknowledgments that there were: the queues' memory never shrinks.
    private var largestCounts: InlineArray<2, UInt8> = [0, 0]

    /// The bytes that the segments and acknowledgments take.
    var cost: Int {
        Int(largestCounts[0]) &* 3 / 2 &* MemoryLayout<OddSegment>.stride
            &+ Int(largestCounts[1]) &* 3 / 2 &* MemoryLayout<EarlyAcknowledgment>.stride
    }

    /// Whether messages wait that were sent again; `mutating` so that nothing is copied.
    var hasRepeated: Bool { mutating get { messages.repeatedCount > 0 } }

    /// Whether another message can be added; `mutating` likewise.
    var hasRoom: Bool { @inline(__always) mutating get { !messages.isFull } }

    /// The segments that are remembered since they were not the next, and the acknowledgments that came early.
    private static let memory = 64

    /// Begins after an upgrade, with the segments that were sent again in it.
    init(repeats: UInt64 = 0) {
        self.repeats = repeats
    }

    /// Whether the stream's count of segments without new bytes has gone up since this was asked.
    mutating func takeRepeat(_ count: UInt64) -> Bool {
        defer { repeats = count }
        return count != repeats
    }

    /// Records a segment that was not the next.
    ///
    /// - Parameters:
    ///   - bytes: Where it stands in the stream.
    ///   - origin: The packet that brought it.
    ///   - isRepeat: Whether its bytes were sent before.
    ///   - decoded: How far the stream is decoded.
    ///   - isInMessage: Whether a message that began before it ends after it.
    mutating func record(
        _ bytes: Range<UInt64>, _ origin: Origin, isRepeat: Bool, decoded: UInt64, isInMessage: Bool
    ) {
        if oddSegments.count == Self.memory {
            let oldest = oddSegments.removeFirst()
            let needed = oldest.isRepeat && isInMessage ? min(messages.lastEnd, decoded) : decoded
            if oldest.bytes.upperBound > needed { hasForgotten = true }
        }
        oddSegments.append(OddSegment(bytes: bytes, origin: origin, isRepeat: isRepeat))
        largestCounts[0] = max(largestCounts[0], UInt8(clamping: oddSegments.count))
        if isRepeat { messages.countRepeat(bytes) }
    }

    /// Records an acknowledgment of bytes that were not handed on yet; the next byte to hand on is that at `next`.
    mutating func recordEarly(_ offset: UInt64, _ origin: Origin, next: UInt64) {
        if let last = earlyAcknowledgments.last, last.offset >= offset { return }
        if earlyAcknowledgments.count == Self.memory, earlyAcknowledgments.removeFirst().offset > next {
            hasForgotten = true
        }
        earlyAcknowledgments.append(EarlyAcknowledgment(offset: offset, origin: origin))
        largestCounts[1] = max(largestCounts[1], UInt8(clamping: earlyAcknowledgments.count))
    }

    /// When a segment that was not the next was captured; nil if it is not remembered.
    func time(ofPacket packet: UInt64) -> Timestamp? {
        oddSegments.last { $0.origin.packet == packet }?.origin.time
    }

    /// How many remembered segments sent these bytes again.
    private mutating func repeats(of bytes: Range<UInt64>) -> UInt32 {
        guard !oddSegments.isEmpty else { return 0 }
        return UInt32(oddSegments.count { $0.isRepeat && $0.bytes.overlaps(bytes) })
    }

    /// The early acknowledgment that covered the bytes before `end`; nil if there was none.
    mutating func earlyAcknowledgment(of end: UInt64) -> EarlyAcknowledgment? {
        guard !earlyAcknowledgments.isEmpty else { return nil }
        while let first = earlyAcknowledgments.first, first.offset < end { earlyAcknowledgments.removeFirst() }
        return earlyAcknowledgments.first
    }

    // MARK: Messages

    /// Makes room for another message, at the cost of the oldest if the bounds are reached.
    ///
    /// - Parameters:
    ///   - acknowledged: How far the stream is acknowledged.
    ///   - keepsQuiet: Whether messages that are acknowledged and were sent once are kept, since they are reported.
    ///   - limit: The most messages.
    ///   - keepable: The bytes that may still be taken.
    /// - Returns: Whether the bounds are reached.
    @inline(__always)
    mutating func makeRoom(acknowledged: UInt64, keepsQuiet: Bool, limit: Int, _ keepable: inout Int) -> Bool {
        if !keepsQuiet { messages.removeAllQuiet(upTo: acknowledged) }
        guard messages.isFull else { return false }
        return replaceOldest(acknowledged: acknowledged, keepsQuiet: keepsQuiet, limit: limit, &keepable)
    }

    @inline(never)
    private mutating func replaceOldest(
        acknowledged: UInt64, keepsQuiet: Bool, limit: Int, _ keepable: inout Int
    ) -> Bool {
        if !keepsQuiet { messages.removeQuiet(upTo: acknowledged) }
        guard messages.isFull else { return false }
        let growth = messages.growth
        guard messages.capacity < limit, keepable >= growth else {
            _ = messages.popFirst()
            return true
        }
        keepable &-= growth
        messages.grow()
        return false
    }

    /// Adds a message, which has just ended; there must be room.
    ///
    /// - Returns: Whether its acknowledgment must be looked for: it was sent again, or there is no room for another.
    @inline(__always)
    mutating func append(_ message: OutstandingMessages.Message) -> Bool {
        var message = message
        message.retransmissions = repeats(of: message.start..<max(message.start, message.end))
        messages.append(message)
        return message.retransmissions > 0 || messages.isFull
    }

    /// Forgets messages that are acknowledged and were sent once.
    mutating func removeQuiet(upTo acknowledged: UInt64) { messages.removeQuiet(upTo: acknowledged) }

    /// Takes out the oldest message if it is acknowledged.
    mutating func popAcknowledged(upTo acknowledged: UInt64) -> OutstandingMessages.Message? {
        guard let first = messages.first, first.end <= acknowledged else { return nil }
        return messages.popFirst()
    }

    /// Takes out the oldest message.
    mutating func popFirst() -> OutstandingMessages.Message? { messages.popFirst() }

    /// Whether acknowledgments must be looked for with each segment: of any message, or of those sent again, or since
    /// there is no room for another.
    mutating func mustWatch(all: Bool) -> Bool {
        messages.count > 0 && (all || messages.repeatedCount > 0 || messages.isFull)
    }

    /// Gives back what the messages take: nothing more will come.
    mutating func release(_ keepable: inout Int) { keepable &+= messages.cost }

    /// Whether it is to be reported that not all messages can be followed; true once.
    mutating func takeLimitReport() -> Bool {
        defer { hasReportedLimit = true }
        return !hasReportedLimit
    }
}
