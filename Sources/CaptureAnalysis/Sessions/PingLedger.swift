import DequeModule
import WireFormat

/// The Pings of one end that wait for their Pong (RFC 6455 5.5.2, 5.5.3).
struct PingLedger {
    private struct Ping {
        var fingerprint: UInt64
        var packet: UInt64
        var time: Timestamp
    }

    private var waiting = Deque<Ping>()
    /// Pings that were forgotten unanswered, since too many waited.
    private var forgotten: UInt64 = 0

    /// Pings without an answer.
    ///
    /// One that was passed over counts as answered: a Pong to a later one answers for it.
    var unanswered: UInt64 { forgotten &+ UInt64(waiting.count) }

    /// Notes a Ping by the fingerprint of its payload.
    mutating func sent(_ fingerprint: UInt64, packet: UInt64, time: Timestamp, limit: Int) {
        if waiting.count >= limit {
            waiting.removeFirst()
            forgotten &+= 1
        }
        waiting.append(Ping(fingerprint: fingerprint, packet: packet, time: time))
    }

    /// Finds the Ping that a Pong answers: the oldest with the same payload.
    mutating func answered(_ fingerprint: UInt64, time: Timestamp) -> FrameEvent.Answer? {
        guard let index = waiting.firstIndex(where: { $0.fingerprint == fingerprint }) else { return nil }
        let ping = waiting[index]
        // RFC 6455 5.5.3: an end may answer only the most recent of several Pings.
        waiting.removeFirst(index + 1)
        return FrameEvent.Answer(pingPacket: ping.packet, roundTrip: time.nanoseconds(since: ping.time))
    }

    /// Whether Pings were forgotten, so that a Pong without a Ping may be the answer to one of them.
    var hasForgotten: Bool { forgotten > 0 }

    /// The Pings that waited for at least `patience` nanoseconds when everything ended, and the first one's packet, where
    /// that was not forgotten.
    func overdue(at end: Timestamp, patience: Int64) -> (count: UInt64, firstPacket: UInt64?) {
        let late = waiting.count { end.nanoseconds(since: $0.time) >= patience }
        return (forgotten &+ UInt64(late), forgotten > 0 ? nil : waiting.first?.packet)
    }

    /// FNV-1a over the payload: 64 bits that stand for it.
    static func fingerprint(_ payload: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in payload.indices { hash = (hash ^ UInt64(payload[index])) &* 0x100_0000_01b3 }
        return hash
    }
}
