import WebSocketProtocol
import WireFormat

/// What a session came to, and the verdict on it.
struct SessionOutcome {
    /// What the client and the server did, by ``Role/index``.
    var ends: InlineArray<2, EndOutcome>
    /// Who sent the first Close frame.
    var firstCloser: Role?
    /// The direction that the client sends.
    var clientDirection: Direction
    /// When the last byte of a frame, or the answer to the upgrade, and the last data message came before the first
    /// Close frame.
    var lastTimes: LastTimes
    /// When they came before the first FIN or RST.
    var timesBeforeFin: LastTimes
    /// The latest bytes after a pause.
    var burst: Burst?
    /// Pings that waited too long for a Pong.
    var unansweredPings: UInt64
    /// Pings that waited too long, and whose Pong the capture may lack.
    var uncertainPings: UInt64 = 0
    /// Whether the upgrade was accepted.
    var wasOpened: Bool
    /// The alerts of TLS; nil if TLS does not carry the session.
    var alerts: AlertNotes?

    /// Who ended it, at which layer, and what the applications are told.
    func verdict(
        _ tcp: TransportEnd, now: Timestamp
    ) -> SessionEnd.Verdict {
        let isOver = tcp.cause == .closed || tcp.firstEndTime != nil || alerts?.fatal != nil
        let first = close(tcp)
        let (by, layer) = endedBy(tcp)
        let failure = failure(tcp)
        return SessionEnd.Verdict(
            by: by, layer: layer, isClean: hasClosed(.client, tcp) && hasClosed(.server, tcp) && failure == nil,
            code: first?.body?.code, reason: first?.body?.code == nil ? nil : first?.body?.reason, failure: failure,
            clientEvent: closeEvent(of: .client, tcp, failure, isOver: isOver),
            serverEvent: wasOpened ? closeEvent(of: .server, tcp, failure, isOver: isOver) : nil,
            silence: lastTime(tcp).map { max(0, endTime(tcp, now: now).nanoseconds(since: $0)) },
            messageSilence: known(times(tcp).message).map { max(0, endTime(tcp, now: now).nanoseconds(since: $0)) },
            unansweredPings: unansweredPings, uncertainPings: uncertainPings,
            timeout: layer == .timeout || firstCloser.map { hasVanished($0.peer, tcp) } == true
                ? tcp.health.unanswered : nil,
            tls: alerts.map {
                SessionEnd.TLS(
                    fatalAlert: $0.fatal?.alert, clientHasClosed: $0.hasClosed[Role.client.index],
                    serverHasClosed: $0.hasClosed[Role.server.index])
            })
    }

    /// When the end began: with the first Close frame, else the first FIN or RST, else the last packet; the capture's
    /// end if there was no end.
    func endTime(_ tcp: TransportEnd, now: Timestamp) -> Timestamp {
        if let close = close(tcp) { return close.origin.time }
        if let fatal = alerts?.fatal, fatal.time < tcp.firstEndTime ?? now { return fatal.time }
        return tcp.firstEndTime ?? (tcp.isTimeout ? tcp.lastTime : now)
    }

    /// The Close frame that began the end; nil if there was none, or if the other end was gone before.
    ///
    /// It was if it had sent a FIN or RST without a Close frame, and never acknowledged this one: a half-closed
    /// connection, on which it only listens, would have.
    private func close(_ tcp: TransportEnd) -> SentClose? {
        guard let firstCloser, let close = ends[firstCloser.index].close else { return nil }
        guard let end = tcp.firstEnd, end.from == direction(of: firstCloser.peer), comes(end, before: close, tcp),
            !ends[firstCloser.peer.index].isLost,
            tcp.acknowledged[direction(of: firstCloser).index] < close.carriedEnd,
            !hadReceived(close, firstCloser.peer, tcp)
        else { return close }
        return nil
    }

    /// Whether an end's own Close frame or FIN acknowledges the other end's Close frame, whatever was captured first.
    private func hadReceived(_ close: SentClose, _ role: Role, _ tcp: TransportEnd) -> Bool {
        if ends[role.index].close?.answers(close) == true { return true }
        guard let end = tcp.firstEnd, end.from == direction(of: role), let received = tcp.receivedAtEnd else {
            return false
        }
        return received >= close.carriedEnd
    }

    /// Whether a FIN or RST came before a Close frame of the other end: in the capture, or as that acknowledges the
    /// FIN.
    private func comes(
        _ end: (packet: UInt64, from: Direction, isReset: Bool), before close: SentClose, _ tcp: TransportEnd
    ) -> Bool {
        if end.packet < close.origin.packet { return true }
        return !end.isReset && close.received.map { $0 > tcp.ends[end.from.index] } ?? false
    }

    /// Whether an end sent a Close frame before everything was over: what follows a RST came to nobody.
    private func hasClosed(_ role: Role, _ tcp: TransportEnd) -> Bool {
        guard let close = ends[role.index].close else { return false }
        return tcp.afterReset[direction(of: role).index].map { close.carriedEnd <= $0 } ?? true
    }

    /// Whether a gap may hide a Close frame that the other end sent before this one.
    ///
    /// What the other end sent after this one can hold its answer: then it had sent none before.
    private func mayHaveClosedBefore(_ closer: Role, _ tcp: TransportEnd) -> Bool {
        let peer = closer.peer.index
        guard ends[peer].close == nil, ends[peer].isLost, let close = ends[closer.index].close else { return false }
        // A code for a rule that the other end broke answers no Close frame.
        if ends[peer].brokenRule != nil, hasFailedByClose(closer) { return false }
        // Its last bytes hold the Close frame that this one would answer. (In TLS, an alert follows.)
        if let received = close.received, alerts == nil {
            let stream = direction(of: closer.peer).index
            // One byte more may be a FIN that was not captured.
            return tcp.ends[stream] <= (tcp.isWhole[stream] ? received : received &+ 1)
        }
        return ends[peer].lastPacket < close.origin.packet
    }

    /// Whether an end may have sent a Close frame that is not known, and that the other end's FIN answers.
    private func mayHideClose(_ role: Role) -> Bool {
        let end = ends[role.index]
        return wasOpened && end.close == nil && end.isLost && end.isIncomplete
    }

    /// When something was last heard: bytes that never arrived break no silence.
    private func lastTime(_ tcp: TransportEnd) -> Timestamp? {
        let last = times(tcp).byte
        guard let burst, tcp.isLost(from: direction(of: burst.role)), firstCloser == nil,
            tcp.acknowledged[direction(of: burst.role).index] <= burst.start
        else { return known(last) }
        return burst.before.map { min($0, last) }
    }

    /// When something came last before the end.
    private func times(_ tcp: TransportEnd) -> LastTimes { close(tcp) == nil ? timesBeforeFin : lastTimes }

    private func known(_ time: Timestamp) -> Timestamp? { time == .never ? nil : time }

    /// What an end's application is told; nil while its session is open, and if a gap hides it.
    private func closeEvent(
        of role: Role, _ tcp: TransportEnd, _ failure: SessionEnd.Failure?, isOver: Bool
    ) -> CloseEvent? {
        // RFC 6455 7.1.7: an end that has failed the connection reads nothing more, not even a Close frame.
        if failure?.by == role { return .abnormal }
        let (own, peer) = (role.index, role.peer.index)
        guard let close = ends[peer].close else { return isOver && !ends[peer].isLost ? .abnormal : nil }
        if wasRefused(close, from: role.peer, tcp) { return .abnormal }
        if hasSlept(role, through: close, tcp) {
            return tcp.refusal?.from == direction(of: role.peer) ? .abnormal : nil
        }
        if hasVanished(role, tcp) { return nil }
        guard let body = close.body else { return nil }
        // RFC 6455 7.1.5: the code of the first Close frame received.
        let wasReset = tcp.firstEnd.map { $0.isReset && $0.from == direction(of: role.peer) } ?? false
        return CloseEvent(
            code: body.code ?? .noStatusReceived, reason: body.reason,
            wasClean: wasReset ? false : ends[own].close != nil ? true : ends[own].isLost ? nil : false)
    }

    /// Whether the other end has answered a Close frame with a RST, without ever acknowledging it: its socket was gone.
    private func wasRefused(_ close: SentClose, from sender: Role, _ tcp: TransportEnd) -> Bool {
        guard let reset = tcp.reset, reset.from == direction(of: sender.peer) else { return false }
        return tcp.acknowledged[direction(of: sender).index] < close.carriedEnd
    }

    /// Whether an end went on after a pause as if the other one had sent no Close frame: it was out of reach meanwhile.
    private func hasSlept(_ role: Role, through close: SentClose, _ tcp: TransportEnd) -> Bool {
        let sender = direction(of: role.peer)
        guard burst?.role == role else { return false }
        return tcp.acknowledged[sender.index] < close.carriedEnd && ends[role.index].lastPacket > close.origin.packet
    }

    /// Whether an end never acknowledged the other one's Close frame, and was silent until that gave up.
    private func hasVanished(_ role: Role, _ tcp: TransportEnd) -> Bool {
        guard tcp.isTimeout, let close = ends[role.peer.index].close else { return false }
        let sender = direction(of: role.peer)
        return tcp.unanswered?.from == sender && tcp.acknowledged[sender.index] < close.carriedEnd
    }

    private func endedBy(
        _ tcp: TransportEnd
    ) -> (SessionEnd.Verdict.Party, SessionEnd.Verdict.Layer) {
        if let firstCloser, close(tcp) != nil {
            if mayHaveClosedBefore(firstCloser, tcp) { return (.unknown, .closeFrame) }
            return (firstCloser == .client ? .client : .server, .closeFrame)
        }
        if let fatal = alerts?.fatal { return (fatal.alert.from == .client ? .client : .server, .tlsAlert) }
        if tcp.isTimeout { return (.network, .timeout) }
        if let end = tcp.firstEnd {
            if !end.isReset, tcp.mayBeAnswer || mayHideClose(role(of: end.from).peer) { return (.unknown, .fin) }
            return (role(of: end.from) == .client ? .client : .server, end.isReset ? .rst : .fin)
        }
        return (.unknown, .captureEnd)
    }

    func role(of direction: Direction) -> Role { Role(direction, client: clientDirection) }

    func direction(of role: Role) -> Direction { role.direction(client: clientDirection) }
}

/// Whether an end has failed the connection (RFC 6455 7.1.7): it then shows its application 1006, whatever it receives.
extension SessionOutcome {
    /// How long after a broken rule, in nanoseconds, the end of TCP counts as its consequence.
    private static let patience: Int64 = 2_000_000_000

    /// Who has failed the connection, and why; nil if neither has.
    func failure(_ tcp: TransportEnd) -> SessionEnd.Failure? {
        for role in [firstCloser?.peer ?? .client, firstCloser ?? .server] {
            if hasFailedByClose(role) || hasFailedSilently(role, tcp) {
                return SessionEnd.Failure(by: role, rule: brokenRule(for: role)?.rule)
            }
        }
        return nil
    }

    /// The rule that the other end broke, unless this one has shown with frames that it puts up with that.
    private func brokenRule(for role: Role) -> BrokenRule? {
        guard let broken = ends[role.peer.index].brokenRule, broken.isLesser else {
            return ends[role.peer.index].brokenRule
        }
        let close: UInt64 = ends[role.index].close == nil ? 0 : 1
        return ends[role.index].frames <= broken.framesOfPeer &+ close ? broken : nil
    }

    /// Whether an end's Close frame says that it fails the connection.
    ///
    /// RFC 6455 7.4.1 has codes for that. They say it if the other end has broken a rule before, or if its stream
    /// is not known in full; "message too big" if the other end has sent any data. A Close frame that only repeats the
    /// other's code says nothing.
    private func hasFailedByClose(_ role: Role) -> Bool {
        let peer = role.peer.index
        guard let code = ends[role.index].close?.body?.code, !isEcho(role, code) else { return false }
        let isFirst = firstCloser == role
        let hasReason = brokenRule(for: role) != nil
        switch code {
        case .protocolError, .invalidFramePayloadData:
            return hasReason || isFirst && ends[peer].isIncomplete
        case .messageTooBig:
            return hasReason || isFirst && (ends[peer].isIncomplete || ends[peer].dataFrames > 0)
        default: return false
        }
    }

    /// Whether a Close frame has the code of the one that it answers.
    private func isEcho(_ role: Role, _ code: CloseCode) -> Bool {
        firstCloser != role && ends[role.peer.index].close?.body?.code == code
    }

    /// Whether an end has ended TCP without a Close frame right after the other one broke a rule, and has sent
    /// nothing in between.
    private func hasFailedSilently(_ role: Role, _ tcp: TransportEnd) -> Bool {
        guard ends[role.index].close == nil, !ends[role.index].isLost, let rule = ends[role.peer.index].brokenRule,
            let end = tcp.firstEnd, end.from == direction(of: role), let time = tcp.firstEndTime
        else { return false }
        guard ends[role.index].frames == rule.framesOfPeer else { return false }
        let delay = time.nanoseconds(since: rule.origin.time)
        guard delay < 0 else { return delay <= Self.patience }
        // The clock ran backwards, or the packets of one direction were captured late.
        if end.packet > rule.origin.packet { return true }
        guard let received = tcp.receivedAtEnd, let carriedEnd = rule.carriedEnd else { return false }
        return received >= carriedEnd
    }
}
