import TCPReassembly
import WebSocketProtocol
import WireFormat

extension Session {
    /// What its end is compared by.
    mutating func sample(
        _ verdict: borrowing SessionEnd.Verdict, _ tcp: TransportEnd, _ endTime: Timestamp
    ) -> EndingPatterns.Sample {
        let silences = ownSilences(tcp, endTime, isCloseFrame: verdict.layer == .closeFrame)
        return EndingPatterns.Sample(
            server: tcp.server, endTime: endTime.nanoseconds,
            lifetime: openingTime.map { endTime.nanoseconds(since: $0) }, ownSilences: silences,
            isSteady: isSteady(verdict, tcp), survived: survived(verdict, tcp, endTime, silences),
            path: identity.pathDigest, lastSpeaker: lastSpeaker(tcp))
    }

    /// What it shows of timers that did not end it; of a session of which bytes are missing, only its age.
    mutating func survived(
        _ verdict: borrowing SessionEnd.Verdict, _ tcp: TransportEnd, _ endTime: Timestamp,
        _ silences: InlineArray<2, Int64>
    ) -> Survivors.Times {
        var times = Survivors.Times(lifetime: openingTime.map { endTime.nanoseconds(since: $0) } ?? 0)
        guard !streams[0].isIncomplete, !streams[1].isIncomplete else { return times }
        if let pauses { times.silences = pauses.longest(acknowledged: tcp.acknowledged, client: clientDirection) }
        for index in 0..<2 {
            times.ownSilences[index] = max(silences[index], Int64(streams[index].longestPause) &* 1_000_000)
        }
        let speaker = lastSpeaker(tcp).index
        times.silences[speaker] = max(times.silences[speaker], verdict.silence ?? 0)
        times.messageSilence = max(
            times.silences[0], times.silences[1], pauses?.messageSilence ?? 0, verdict.messageSilence ?? 0)
        return times
    }

    /// The time from the last byte of each end to the end; 0 if it sent none, or bytes are missing.
    mutating func ownSilences(
        _ tcp: TransportEnd, _ endTime: Timestamp, isCloseFrame: Bool
    ) -> InlineArray<2, Int64> {
        let last = lastTimes(tcp, isCloseFrame: isCloseFrame).ofEnds
        let isWhole = !streams[0].isIncomplete && !streams[1].isIncomplete
        return InlineArray { index in
            isWhole && last[index] != Session.never ? max(0, endTime.nanoseconds(since: last[index])) : 0
        }
    }

    /// Whether it lived through silences like the one at its end, after bytes of the same end; or may have, as shorter
    /// ones are not recorded.
    mutating func isSteady(_ verdict: borrowing SessionEnd.Verdict, _ tcp: TransportEnd) -> Bool {
        guard let silence = verdict.silence else { return false }
        if silence <= EndingPatterns.shortest &+ EndingPatterns.shortest / TimeClusters.tolerance { return true }
        guard let pauses else { return false }
        let longest = pauses.longest(acknowledged: tcp.acknowledged, client: clientDirection)[lastSpeaker(tcp).index]
        return longest >= silence || longest > 0 && TimeClusters.isTight(longest...silence)
    }

    /// Records a pause of one end, whatever the other one did.
    @inline(never)
    mutating func record(_ pause: Int64, of role: Role, _ origin: Origin) {
        guard pause > 0, streams[role.index].lastByteTime != Session.never, firstCloser == nil,
            !isAfterEnd(origin)
        else { return }
        let milliseconds = UInt32(clamping: pause / 1_000_000)
        streams[role.index].longestPause = max(streams[role.index].longestPause, milliseconds)
    }

    /// The latest bytes after a pause; the first of an end of which the other one has acknowledged none since.
    mutating func lastBurst(_ tcp: TransportEnd) -> Burst? {
        guard let pauses else { return nil }
        let direction = pauses.unheard.role.direction(client: clientDirection)
        return tcp.acknowledged[direction.index] <= pauses.unheard.start ? pauses.unheard : pauses.burst
    }

    /// Who sent the last bytes before the silence at the end.
    mutating func lastSpeaker(_ tcp: TransportEnd) -> Role {
        // Bytes that never arrived, and a Close frame after a pause, break no silence.
        if firstCloser != nil, let burst = pauses?.burst { return burst.lastSpeaker }
        if let burst = lastBurst(tcp), tcp.isLost(from: burst.role.direction(client: clientDirection)) {
            return burst.lastSpeaker
        }
        return streams[0].lastPacket > streams[1].lastPacket ? .client : .server
    }
}

/// The pauses of a session: an object, so that sessions without any take no room for it.
final class PauseRecord {
    /// The bytes that it takes.
    static let cost = 208

    /// The latest bytes after a pause.
    private(set) var burst: Burst
    /// The first of those of its sender since the other end spoke last.
    private(set) var unheard: Burst
    /// The longest time from a data message to a Pong after which no other had come.
    var messageSilence: Int64 = 0
    /// The longest pause after bytes of each end, of those that ended with bytes to which the other end replied.
    private var confirmed: InlineArray<2, Int64> = [0, 0]
    /// The longest one since, and where the bytes begin that ended it; 0 if there is none.
    private var pending: Int64 = 0
    private var pendingStart: UInt64 = 0
    private var pendingRole = Role.client
    private var pendingSpeaker = Role.client

    init(_ burst: Burst) {
        self.burst = burst
        unheard = burst
    }

    /// Takes bytes after a pause, which counts in nanoseconds if the session lives through it.
    func record(_ next: Burst, after pause: Int64?) {
        if unheard.role != next.role || next.lastSpeaker != next.role { unheard = next }
        burst = next
        guard let pause else { return }
        // Who replies was still there.
        if pendingRole != next.role {
            confirmed[pendingSpeaker.index] = max(confirmed[pendingSpeaker.index], pending)
        } else if pending >= pause {
            return
        }
        (pending, pendingStart, pendingRole, pendingSpeaker) = (pause, next.start, next.role, next.lastSpeaker)
    }

    /// The longest ones in nanoseconds, by who had spoken last, whose end the other end has acknowledged up to these
    /// offsets, or replied to.
    func longest(acknowledged: InlineArray<2, UInt64>, client: Direction) -> InlineArray<2, Int64> {
        var longest = confirmed
        if acknowledged[pendingRole.direction(client: client).index] > pendingStart {
            longest[pendingSpeaker.index] = max(longest[pendingSpeaker.index], pending)
        }
        return longest
    }
}

/// Bytes that an end sent after a pause of the session.
struct Burst {
    /// Who sent the first.
    var role: Role
    /// Where they begin in the TCP stream that carries them.
    var start: UInt64
    /// When the last byte before the pause came; nil if none did.
    var before: Timestamp?
    /// Who sent that.
    var lastSpeaker: Role
}
