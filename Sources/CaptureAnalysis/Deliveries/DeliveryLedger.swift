import DequeModule
import WireFormat

/// The messages of one end whose last byte is not acknowledged yet, in the order of their ends.
///
/// Offsets are counted from the first byte of the end's TCP stream.
struct DeliveryLedger {
    /// A message that was sent.
    struct Outstanding {
        /// Where it begins and ends.
        var bytes: Range<UInt64>
        var messagePacket: UInt64
        var lastBytePacket: UInt64
        /// When that was captured, where it is known.
        var lastByteTime: Timestamp?
        var retransmissions: UInt64
    }

    /// A segment that was not the next in its stream.
    private struct OddSegment {
        var bytes: Range<UInt64>
        var packet: UInt64
        var time: Timestamp
        var isRepeat: Bool
    }

    /// An acknowledgment that came before the bytes were handed on.
    private struct EarlyAcknowledgment {
        var offset: UInt64
        var packet: UInt64
        var time: Timestamp
    }

    private var waiting = Deque<Outstanding>()
    private var oddSegments = Deque<OddSegment>()
    private var earlyAcknowledgments = Deque<EarlyAcknowledgment>()
    /// Segments that brought only bytes already seen, as the stream counts them.
    private var repeats: UInt64 = 0
    /// Whether it was told that not all messages can be followed.
    var hasToldLimit = false

    /// What a message takes.
    static let cost = 80
    /// The segments that are remembered since they were not the next, and the acknowledgments that came early.
    private static let memory = 64

    /// How many messages wait.
    var count: Int { waiting.count }

    /// Whether the oldest message ends at this offset or before.
    func hasAcknowledged(_ offset: UInt64) -> Bool {
        guard let first = waiting.first else { return false }
        return first.bytes.upperBound <= offset
    }

    /// Whether the stream's count of segments without new bytes has gone up since this was asked.
    mutating func takeRepeat(_ count: UInt64) -> Bool {
        defer { repeats = count }
        return count != repeats
    }

    /// Begins behind an upgrade, with the segments that were sent again in it.
    init(repeats: UInt64 = 0) {
        self.repeats = repeats
    }

    /// Notes a segment that was not the next.
    mutating func note(_ bytes: Range<UInt64>, packet: UInt64, time: Timestamp, isRepeat: Bool) {
        if oddSegments.count == Self.memory { oddSegments.removeFirst() }
        oddSegments.append(OddSegment(bytes: bytes, packet: packet, time: time, isRepeat: isRepeat))
        guard isRepeat else { return }
        for index in waiting.indices where waiting[index].bytes.overlaps(bytes) {
            waiting[index].retransmissions &+= 1
        }
    }

    /// Notes an acknowledgment of bytes that were not handed on yet.
    mutating func noteEarly(_ offset: UInt64, packet: UInt64, time: Timestamp) {
        if let last = earlyAcknowledgments.last, last.offset >= offset { return }
        if earlyAcknowledgments.count == Self.memory { earlyAcknowledgments.removeFirst() }
        earlyAcknowledgments.append(EarlyAcknowledgment(offset: offset, packet: packet, time: time))
    }

    /// When a segment that was not the next was captured; nil where it is not remembered.
    func time(ofPacket packet: UInt64) -> Timestamp? {
        oddSegments.last { $0.packet == packet }?.time
    }

    /// Follows a message; `time` is that of its last byte's packet.
    mutating func follow(_ bytes: Range<UInt64>, messagePacket: UInt64, lastBytePacket: UInt64, time: Timestamp?) {
        let retransmissions = oddSegments.count { $0.isRepeat && $0.bytes.overlaps(bytes) }
        waiting.append(
            Outstanding(
                bytes: bytes, messagePacket: messagePacket, lastBytePacket: lastBytePacket, lastByteTime: time,
                retransmissions: UInt64(retransmissions)))
    }

    /// Takes out the oldest message.
    mutating func popFirst() -> Outstanding? {
        waiting.popFirst()
    }

    /// The early acknowledgment that covered the bytes before `end`; nil where there was none.
    mutating func earlyAcknowledgment(of end: UInt64) -> (packet: UInt64, time: Timestamp)? {
        while let first = earlyAcknowledgments.first, first.offset < end { earlyAcknowledgments.removeFirst() }
        return earlyAcknowledgments.first.map { ($0.packet, $0.time) }
    }
}
