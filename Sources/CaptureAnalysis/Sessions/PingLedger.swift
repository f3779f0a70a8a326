import DequeModule
import WireFormat

/// The Pings of one end that wait for their Pong (RFC 6455 5.5.2, 5.5.3).
///
/// A Pong answers the Ping with its payload. If several waiting Pings have it, the Pong answers the first of those sent
/// within a certain time of the last: four times the shortest round trip so far, or a second before there is one. So
/// Pings that were sent together are answered in order, and an end that skips a keep-alive does not seem one behind
/// from then on.
struct PingLedger {
    private struct Ping {
        var fingerprint: UInt64
        var origin: Origin
        /// Whether a later Ping was answered.
        var isPassedOver: Bool
        /// Whether a later Pong with its payload answers an earlier Ping: that Pong may answer all of them.
        var mayBeAnswered = false
    }

    private var known = Deque<Ping>()
    /// Frames found out of order that wait for their counterpart.
    private var early = EarlyFrames()
    /// Pings forgotten unanswered, since too many waited.
    private var forgotten: UInt64 = 0
    private var shortestRoundTrip: Int64?
    /// The most Pings that have waited at once: the queue's memory never shrinks.
    private var largestCount: UInt8 = 0
    /// What ``cost`` consisted of when it was last counted.
    private var countedLargest: UInt8 = 0
    private var countedEarly = false

    /// Whether ``cost`` has changed since ``markCounted()``.
    var hasGrown: Bool { largestCount != countedLargest || early.hasMemory != countedEarly }

    mutating func markCounted() {
        countedLargest = largestCount
        countedEarly = early.hasMemory
    }

    /// The memory that it takes besides its own value, in bytes.
    var cost: Int {
        (largestCount == 0 ? 0 : 32 &+ Int(largestCount) &* 3 / 2 &* MemoryLayout<Ping>.stride)
            &+ early.cost &+ (hidden == nil ? 0 : 48)
    }

    /// What is known of unseen Pongs; an object, so that sessions without gaps take no room for it.
    private var hidden: HiddenPongs?

    private final class HiddenPongs {
        /// The time before which bytes may have held an unseen Pong.
        var until: Timestamp
        /// Pings that were forgotten, and whose Pong may be unseen.
        var forgotten: UInt64 = 0

        init(until: Timestamp) {
            self.until = until
        }
    }

    /// Records a Ping by the fingerprint of its payload.
    ///
    /// A Pong that was captured earlier answers it if its segment acknowledges the end of the Ping, at `end` in TCP.
    ///
    /// - Returns: Its round trip in nanoseconds, if its Pong was found earlier.
    mutating func sent(_ fingerprint: UInt64, _ origin: Origin, endingAt end: UInt64, limit: Int) -> Int64? {
        if let pong = early.takePong(to: fingerprint, origin, endingAt: end) {
            let roundTrip = pong.origin.time.nanoseconds(since: origin.time)
            return roundTrip >= 0 && pong.kind == .pong ? roundTrip : nil
        }
        if known.count >= limit, !known.removeFirst().isPassedOver { forgotten &+= 1 }
        known.append(Ping(fingerprint: fingerprint, origin: origin, isPassedOver: false))
        largestCount = max(largestCount, UInt8(clamping: known.count))
        return nil
    }

    /// Keeps a Pong whose Ping may still be found, with how far its sender had received the Pings' stream, if known.
    mutating func keepEarly(_ fingerprint: UInt64, _ origin: Origin, received: UInt64?) {
        early.keep(.pong, fingerprint, origin, received: received)
    }

    /// Keeps what seems to be a Ping in bytes that are not decoded yet.
    mutating func suspect(_ fingerprint: UInt64, _ origin: Origin) {
        if !early.hasPing(in: origin.packet) { early.keep(.ping, fingerprint, origin) }
    }

    /// The Ping that a Pong answers, among those not decoded yet.
    private mutating func suspectedPing(_ fingerprint: UInt64, _ pong: Origin) -> FrameEvent.Answer? {
        guard let ping = early.takePing(answeredBy: fingerprint, pong) else { return nil }
        let roundTrip = pong.time.nanoseconds(since: ping.time)
        return FrameEvent.Answer(pingPacket: ping.packet, roundTrip: roundTrip >= 0 ? roundTrip : nil)
    }

    /// Finds the Ping that a Pong answers.
    mutating func answered(_ fingerprint: UInt64, _ origin: Origin) -> FrameEvent.Answer? {
        var place = place(of: fingerprint, before: origin.packet)
        if place == nil {
            if let answer = suspectedPing(fingerprint, origin) { return answer }
            // A Pong that is decoded late rarely answers a Ping that was captured after it.
            place = self.place(of: fingerprint, before: .max)
        }
        guard let index = place else { return nil }
        let ping = known.remove(at: index)
        // RFC 6455 5.5.3: an end may answer only the most recent of several Pings; but Pongs may come in any order.
        if !ping.isPassedOver { passOver(before: index) }
        for place in known.indices where known[place].fingerprint == fingerprint {
            known[place].mayBeAnswered = known[place].origin.packet < origin.packet
        }
        let roundTrip = origin.time.nanoseconds(since: ping.origin.time)
        if roundTrip >= 0 { shortestRoundTrip = min(shortestRoundTrip ?? .max, roundTrip) }
        return FrameEvent.Answer(pingPacket: ping.origin.packet, roundTrip: roundTrip >= 0 ? roundTrip : nil)
    }

    /// The Ping before a packet that a Pong with this payload answers: one that waits, else the first one skipped.
    private func place(of fingerprint: UInt64, before packet: UInt64) -> Int? {
        let last = known.lastIndex {
            $0.fingerprint == fingerprint && !$0.isPassedOver && $0.origin.packet < packet
        }
        guard let last else {
            return known.firstIndex { $0.fingerprint == fingerprint && $0.origin.packet < packet }
        }
        let (window, isLong) = (shortestRoundTrip ?? 250_000_000).multipliedReportingOverflow(by: 4)
        let time = known[last].origin.time
        return known.firstIndex {
            $0.fingerprint == fingerprint && !$0.isPassedOver
                && (isLong || time.nanoseconds(since: $0.origin.time) <= window)
        }
    }

    /// Forgets the Pings skipped earlier, and marks the others before `index` as skipped.
    private mutating func passOver(before index: Int) {
        let old = known[..<index].count { $0.isPassedOver }
        known.removeAll { $0.isPassedOver }
        for place in 0..<(index - old) { known[place].isPassedOver = true }
    }

    /// Whether Pings were forgotten, so that a Pong without a Ping may answer one of them.
    var hasForgotten: Bool { forgotten > 0 }

    /// Whether no Ping waits, and none was forgotten.
    var isEmpty: Bool { known.isEmpty && forgotten == 0 && (hidden?.forgotten ?? 0) == 0 }

    /// Records that the capture may lack Pongs sent before `time`, which may answer any Ping sent earlier.
    mutating func hidePongs(before time: Timestamp) {
        let hidden = self.hidden ?? HiddenPongs(until: time)
        self.hidden = hidden
        hidden.until = max(hidden.until, time)
        hidden.forgotten &+= forgotten
        forgotten = 0
    }

    /// Counts the Pings that had waited too long at the end.
    ///
    /// - Parameters:
    ///   - end: The time of the end; Pings sent later are left out.
    ///   - opening: When the upgrade was accepted: earlier Pings wait from then on.
    ///   - patience: How long is too long, in nanoseconds.
    ///   - hidesAll: Whether the last bytes of the other end may all hold unseen Pongs.
    /// - Returns: The Pings that were overdue.
    func overdue(at end: Timestamp, since opening: Timestamp?, patience: Int64, hidesAll: Bool) -> OverduePings {
        var pings = OverduePings()
        if hidesAll {
            pings.uncertain = forgotten &+ (hidden?.forgotten ?? 0)
        } else {
            (pings.count, pings.uncertain) = (forgotten, hidden?.forgotten ?? 0)
        }
        for ping in known
        where !ping.isPassedOver && !ping.mayBeAnswered
            && end.nanoseconds(since: max(ping.origin.time, opening ?? ping.origin.time)) >= patience
        {
            if hidesAll || hidden.map({ ping.origin.time < $0.until }) == true {
                pings.uncertain &+= 1
            } else {
                if pings.count == 0 { pings.firstPacket = ping.origin.packet }
                pings.count &+= 1
            }
        }
        return pings
    }

    /// FNV-1a over the payload: a 64-bit digest.
    static func fingerprint(_ payload: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in payload.indices { hash = (hash ^ UInt64(payload[index])) &* 0x100_0000_01b3 }
        return hash
    }
}

/// The Pings of an end that waited too long for a Pong.
struct OverduePings {
    /// Pings that were certainly not answered.
    var count: UInt64 = 0
    /// The packet of the first one; nil if it was forgotten.
    var firstPacket: UInt64?
    /// Pings whose Pong the capture may lack.
    var uncertain: UInt64 = 0
}
