import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The facts by which a session's end is compared, and what the session shows of timers.
extension Session {
    /// The sample by which its end is compared.
    mutating func sample(
        _ verdict: borrowing SessionEnd.Verdict, _ tcp: TransportEnd, _ endTime: Timestamp
    ) -> EndingPatterns.Sample {
        let silences = ownSilences(tcp, endTime, isCloseFrame: verdict.layer == .closeFrame)
        return EndingPatterns.Sample(
            server: tcp.server, endTime: endTime.nanoseconds,
            lifetime: accepted.map { endTime.nanoseconds(since: $0.origin.time) }, ownSilences: silences,
            isSteady: isSteady(verdict, tcp), survived: survived(verdict, tcp, endTime, silences),
            path: identity.pathDigest, lastSpeaker: lastSpeaker(tcp))
    }

    /// The times that it survived, which contradict timers; if it lacks bytes, only its age counts.
    mutating func survived(
        _ verdict: borrowing SessionEnd.Verdict, _ tcp: TransportEnd, _ endTime: Timestamp,
        _ silences: InlineArray<2, Int64>
    ) -> Survivors.Times {
        var times = Survivors.Times(lifetime: accepted.map { endTime.nanoseconds(since: $0.origin.time) } ?? 0)
        guard !streams[0].isIncomplete, !streams[1].isIncomplete else { return times }
        if let pauses = activity.pauses {
            times.silences = pauses.longest(acknowledged: tcp.acknowledged, client: clientDirection)
        }
        for index in 0..<2 {
            times.ownSilences[index] = max(silences[index], Int64(streams[index].longestPause) &* 1_000_000)
        }
        let speaker = lastSpeaker(tcp).index
        times.silences[speaker] = max(times.silences[speaker], verdict.silence ?? 0)
        times.messageSilence = max(
            times.silences[0], times.silences[1], activity.pauses?.messageSilence ?? 0, verdict.messageSilence ?? 0)
        return times
    }

    /// The time from the last byte of each end to the end, in nanoseconds; 0 if that end sent none, or if bytes are
    /// missing.
    mutating func ownSilences(
        _ tcp: TransportEnd, _ endTime: Timestamp, isCloseFrame: Bool
    ) -> InlineArray<2, Int64> {
        let last = (isCloseFrame ? activity.last : activity.lastTimes(beforeFin: tcp.firstEnd?.packet)).ofEnds
        let isWhole = !streams[0].isIncomplete && !streams[1].isIncomplete
        return InlineArray { index in
            isWhole && last[index] != .never ? max(0, endTime.nanoseconds(since: last[index])) : 0
        }
    }

    /// Whether it survived silences like the one at its end after bytes of the same end, or may have, since shorter
    /// ones are not recorded.
    mutating func isSteady(_ verdict: borrowing SessionEnd.Verdict, _ tcp: TransportEnd) -> Bool {
        guard let silence = verdict.silence else { return false }
        if silence <= EndingPatterns.shortest &+ EndingPatterns.shortest / TimeClusters.tolerance { return true }
        guard let pauses = activity.pauses else { return false }
        let longest = pauses.longest(acknowledged: tcp.acknowledged, client: clientDirection)[lastSpeaker(tcp).index]
        return longest >= silence || longest > 0 && TimeClusters.isTight(longest...silence)
    }

    /// The latest burst after a pause, or the first burst of an end since which the other end has acknowledged nothing.
    mutating func lastBurst(_ tcp: TransportEnd) -> Burst? {
        guard let pauses = activity.pauses else { return nil }
        let direction = pauses.unheard.role.direction(client: clientDirection)
        return tcp.acknowledged[direction.index] <= pauses.unheard.start ? pauses.unheard : pauses.burst
    }

    /// The end that sent the last bytes before the silence at the end.
    mutating func lastSpeaker(_ tcp: TransportEnd) -> Role {
        // Bytes that never arrived do not break a silence, nor does a Close frame after a pause.
        if let burst = lastBurst(tcp), firstCloser ?? burst.role == burst.role,
            tcp.isLost(from: burst.role.direction(client: clientDirection))
        {
            return burst.lastSpeaker
        }
        if firstCloser != nil, let burst = activity.pauses?.burst { return burst.lastSpeaker }
        return lastSender
    }
}
