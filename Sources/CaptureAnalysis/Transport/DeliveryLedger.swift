import DequeModule
import WireFormat

/// What is known of one end's messages until they are acknowledged: the messages, and segments and acknowledgments that
/// came out of order.
///
/// Offsets count from the first byte of the end's TCP stream.
struct DeliveryLedger: ~Copyable {
    /// A segment that was not next in its stream.
    private struct OddSegment {
        var bytes: Range<UInt64>
        var origin: Origin
        var isRepeat: Bool
    }

    /// An acknowledgment that came before the bytes were delivered.
    struct EarlyAcknowledgment {
        var offset: UInt64
        var origin: Origin
    }

    /// The messages, including acknowledged ones until they are processed.
    private var messages = OutstandingMessages()
    private var oddSegments = Deque<OddSegment>()
    private var earlyAcknowledgments = Deque<EarlyAcknowledgment>()
    /// Segments that brought only bytes already seen, as the stream counts them.
    private var repeats: UInt64 = 0
    /// Whether it was reported that not all messages can be followed.
    private var hasReportedLimit = false
    /// Whether a segment or an acknowledgment was forgotten that later messages may depend on.
    private(set) var hasForgotten = false
    /// The most segments and acknowledgments at once: the queues' memory never shrinks.
    private var largestCounts: InlineArray<2, UInt8> = [0, 0]

    /// The memory that the segments and acknowledgments take, in bytes.
    var cost: Int {
        Int(largestCounts[0]) &* 3 / 2 &* MemoryLayout<OddSegment>.stride
            &+ Int(largestCounts[1]) &* 3 / 2 &* MemoryLayout<EarlyAcknowledgment>.stride
    }

    /// Whether retransmitted messages wait; `mutating` so that nothing is copied.
    var hasRepeated: Bool { mutating get { messages.repeatedCount > 0 } }

    /// Whether there is room for another message; `mutating` so that nothing is copied.
    var hasRoom: Bool { @inline(__always) mutating get { !messages.isFull } }

    /// The most out-of-order segments, and the most early acknowledgments, that are remembered.
    private static let memory = 64

    /// Starts after an upgrade, with the number of segments retransmitted during it.
    init(repeats: UInt64 = 0) {
        self.repeats = repeats
    }

    /// Whether the stream's count of segments without new bytes has grown since the last call.
    mutating func takeRepeat(_ count: UInt64) -> Bool {
        defer { repeats = count }
        return count != repeats
    }

    /// Records a segment that was not next in order.
    ///
    /// - Parameters:
    ///   - bytes: Its range in the stream.
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

    /// Records an acknowledgment of bytes that are not delivered yet; `next` is the offset of the next byte to deliver.
    mutating func recordEarly(_ offset: UInt64, _ origin: Origin, next: UInt64) {
        if let last = earlyAcknowledgments.last, last.offset >= offset { return }
        if earlyAcknowledgments.count == Self.memory, earlyAcknowledgments.removeFirst().offset > next {
            hasForgotten = true
        }
        earlyAcknowledgments.append(EarlyAcknowledgment(offset: offset, origin: origin))
        largestCounts[1] = max(largestCounts[1], UInt8(clamping: earlyAcknowledgments.count))
    }

    /// The time of an out-of-order segment's packet; nil if it is not remembered.
    func time(ofPacket packet: UInt64) -> Timestamp? {
        oddSegments.last { $0.origin.packet == packet }?.origin.time
    }

    /// The number of remembered segments that retransmitted these bytes.
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

    /// Makes room for another message, and drops the oldest if the bounds are reached.
    ///
    /// - Parameters:
    ///   - acknowledged: How far the stream is acknowledged.
    ///   - keepsQuiet: Whether acknowledged messages that were sent only once are kept, because they are reported.
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

    /// Adds a message that has just ended; there must be room.
    ///
    /// - Returns: Whether to look for its acknowledgment: it was retransmitted, or there is no room for another.
    @inline(__always)
    mutating func append(_ message: OutstandingMessages.Message) -> Bool {
        var message = message
        message.retransmissions = repeats(of: message.start..<max(message.start, message.end))
        messages.append(message)
        return message.retransmissions > 0 || messages.isFull
    }

    /// Forgets acknowledged messages that were sent only once.
    mutating func removeQuiet(upTo acknowledged: UInt64) { messages.removeQuiet(upTo: acknowledged) }

    /// Takes out the oldest message if it is acknowledged.
    mutating func popAcknowledged(upTo acknowledged: UInt64) -> OutstandingMessages.Message? {
        guard let first = messages.first, first.end <= acknowledged else { return nil }
        return messages.popFirst()
    }

    /// Takes out the oldest message.
    mutating func popFirst() -> OutstandingMessages.Message? { messages.popFirst() }

    /// Whether to look for acknowledgments with each segment: of any message, of retransmitted ones, or because there
    /// is no room for another.
    mutating func mustWatch(all: Bool) -> Bool {
        messages.count > 0 && (all || messages.repeatedCount > 0 || messages.isFull)
    }

    /// Returns the memory of the messages, since nothing more will come.
    mutating func release(_ keepable: inout Int) { keepable &+= messages.cost }

    /// Whether to report that not all messages can be followed; true only once.
    mutating func takeLimitReport() -> Bool {
        defer { hasReportedLimit = true }
        return !hasReportedLimit
    }
}
