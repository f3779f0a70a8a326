import WebSocketProtocol
import WireFormat

/// The facts on a session's end, and the verdict on it; docs/verdicts.md states the rules in the same order.
struct SessionOutcome {
    /// How TCP ended.
    let tcp: TransportEnd
    /// The actions of the client and the server, by ``Role/index``.
    var ends: InlineArray<2, EndOutcome>
    /// Who sent the first Close frame.
    var firstCloser: Role?
    /// The direction that the client sends.
    var clientDirection: Direction
    /// The times of the last byte of a frame, or of the response to the upgrade, and of the last data message before
    /// the first Close frame.
    var lastTimes = LastTimes()
    /// The same times before the first FIN or RST.
    var timesBeforeFin = LastTimes()
    /// The latest bytes after a pause.
    var burst: Burst?
    /// Pings that waited too long for a Pong.
    var unansweredPings: UInt64 = 0
    /// Pings that waited too long, but whose Pong the capture may lack.
    var uncertainPings: UInt64 = 0
    /// Whether the upgrade was accepted.
    var wasOpened: Bool
    /// The TLS alerts; nil if TLS does not carry the session.
    var alerts: AlertNotes?

    /// Who ended it, at which layer, and what the applications observe; `now` is the time of the capture's end.
    func verdict(now: Timestamp) -> SessionEnd.Verdict {
        let ending = ending()
        let failure = failure()
        let body = ending.close?.body
        let endTime = endTime(now: now)
        let wentUnanswered = firstCloser.map { isUnanswered(ends[$0.index].close, from: $0) } ?? false
        return SessionEnd.Verdict(
            by: ending.party, layer: ending.layer,
            isClean: hasClosed(.client) && hasClosed(.server) && failure == nil,
            code: body?.code, reason: body?.code == nil ? nil : body?.reason, failure: failure,
            clientEvent: closeEvent(of: .client, failure),
            serverEvent: wasOpened ? closeEvent(of: .server, failure) : nil,
            silence: lastTime(before: ending).map { max(0, endTime.nanoseconds(since: $0)) },
            messageSilence: known(times(before: ending).message).map { max(0, endTime.nanoseconds(since: $0)) },
            unansweredPings: unansweredPings, uncertainPings: uncertainPings,
            timeout: ending.layer == .timeout || wentUnanswered ? tcp.health.unanswered : nil,
            tls: alerts.map {
                SessionEnd.TLS(
                    fatalAlert: $0.fatal?.alert, clientHasClosed: $0.hasClosed[Role.client.index],
                    serverHasClosed: $0.hasClosed[Role.server.index], undecrypted: $0.undecrypted)
            })
    }

    // MARK: Which end, and at which layer

    /// What ended it: the first case that applies.
    private func ending() -> SessionEnding {
        if let firstCloser, let close = firstClose() {
            return .closeFrame(close, by: mayHaveClosedBefore(firstCloser) ? nil : firstCloser)
        }
        if let fatal = alerts?.fatal { return .tlsAlert(fatal.alert) }
        if tcp.isTimeout { return .timeout }
        guard let end = tcp.firstEnd else { return .captureEnd }
        let sender = role(of: end.from)
        if end.isReset { return .reset(by: sender) }
        return .fin(by: tcp.mayBeAnswer || mayHaveClosedUnseen(sender.peer) ? nil : sender)
    }

    /// The time at which the end began: that of the first Close frame, else of the first FIN or RST, else of the last
    /// packet.
    ///
    /// If there was no end: the time at which another connection replaced this one, else the capture's end.
    func endTime(now: Timestamp) -> Timestamp {
        if let close = firstClose() { return close.origin.time }
        if let fatal = alerts?.fatal, fatal.time < tcp.firstEndTime ?? now { return fatal.time }
        return tcp.firstEndTime ?? (tcp.isTimeout ? tcp.lastTime : tcp.replacedTime ?? now)
    }

    /// The first Close frame; nil if there was none, or if the other end was already gone.
    ///
    /// The other end was gone if it had sent a FIN or RST without a Close frame and never acknowledged this one: an end
    /// that only half-closed the connection, and still listens, would have.
    private func firstClose() -> SentClose? {
        guard let firstCloser, let close = ends[firstCloser.index].close else { return nil }
        guard let end = tcp.firstEnd, end.from == direction(of: firstCloser.peer), comes(end, before: close),
            !ends[firstCloser.peer.index].mayHideClose, !isAcknowledged(close, from: firstCloser),
            !hadReceived(close, firstCloser.peer)
        else { return close }
        return nil
    }

    /// Whether an end's own Close frame or FIN acknowledges the other end's Close frame, whatever was captured first.
    private func hadReceived(_ close: SentClose, _ role: Role) -> Bool {
        if ends[role.index].close?.answers(close) == true { return true }
        guard let end = tcp.firstEnd, end.from == direction(of: role), let received = tcp.receivedAtEnd else {
            return false
        }
        return received >= close.carriedEnd
    }

    /// Whether a FIN or RST came before a Close frame of the other end: in the capture, or because the Close frame's
    /// segment acknowledges the FIN.
    private func comes(_ end: (packet: UInt64, from: Direction, isReset: Bool), before close: SentClose) -> Bool {
        if end.packet < close.origin.packet { return true }
        return !end.isReset && close.received.map { $0 > tcp.ends[end.from.index] } ?? false
    }

    /// Whether an end sent a Close frame before everything was over: bytes after a RST reached nobody.
    private func hasClosed(_ role: Role) -> Bool {
        guard let close = ends[role.index].close else { return false }
        return tcp.afterReset[direction(of: role).index].map { close.carriedEnd <= $0 } ?? true
    }

    /// Whether a gap may hide a Close frame that the other end sent before this one.
    ///
    /// Bytes that the other end sent after this one can hold its answer: then it had sent no Close frame before.
    private func mayHaveClosedBefore(_ closer: Role) -> Bool {
        let peer = closer.peer.index
        guard ends[peer].close == nil, ends[peer].mayHideClose, let close = ends[closer.index].close else {
            return false
        }
        // A code for a rule that the other end broke does not answer a Close frame.
        if ends[peer].brokenRule != nil, hasFailedByClose(closer) { return false }
        // Its last bytes hold the Close frame that this one would answer. (In TLS, an alert follows.)
        if let received = close.received, alerts == nil {
            let stream = direction(of: closer.peer).index
            // One byte more may be a FIN that was not captured.
            return tcp.ends[stream] <= (tcp.isWhole[stream] ? received : received &+ 1)
        }
        return ends[peer].lastPacket < close.origin.packet
    }

    /// Whether an end may have sent an unseen Close frame that the other end's FIN answers.
    private func mayHaveClosedUnseen(_ role: Role) -> Bool {
        let end = ends[role.index]
        return end.close == nil && end.mayHideClose && end.isIncomplete
    }

    // MARK: Silence

    /// The time at which something was last heard: bytes that never arrived do not break a silence.
    private func lastTime(before ending: SessionEnding) -> Timestamp? {
        let last = times(before: ending).byte
        guard let burst, tcp.isLost(from: direction(of: burst.role)), firstCloser ?? burst.role == burst.role,
            tcp.acknowledged[direction(of: burst.role).index] <= burst.start
        else { return known(last) }
        return burst.before.map { min($0, last) }
    }

    /// The latest times before the end.
    private func times(before ending: SessionEnding) -> LastTimes { ending.close == nil ? timesBeforeFin : lastTimes }

    private func known(_ time: Timestamp) -> Timestamp? { time == .never ? nil : time }

    // MARK: What each application sees

    /// The `close` event of an end's application: the first rule that applies; nil while its session is open, and if a
    /// gap hides it.
    private func closeEvent(of role: Role, _ failure: SessionEnd.Failure?) -> CloseEvent? {
        // RFC 6455 7.1.7: an end that failed the connection reads nothing more, not even a Close frame.
        if failure?.by == role { return .abnormal }
        guard let close = ends[role.peer.index].close else {
            return isOver && !ends[role.peer.index].mayHideClose ? .abnormal : nil
        }
        switch arrival(of: close, from: role.peer) {
        case .refused: return .abnormal
        case .unknown: return nil
        case .received:
            // RFC 6455 7.1.5: the code of the first Close frame received.
            return close.body.map {
                CloseEvent(code: $0.code ?? .noStatusReceived, reason: $0.reason, wasClean: wasClean(for: role))
            }
        }
    }

    /// Whether TCP or TLS is over.
    private var isOver: Bool { tcp.cause == .closed || tcp.firstEndTime != nil || alerts?.fatal != nil }

    /// Whether an end that received a Close frame has also sent one (RFC 6455 7.1.4) and the other end then ended TCP
    /// without a RST, which browsers would not call clean; nil if a gap may hide its Close frame.
    private func wasClean(for role: Role) -> Bool? {
        if let end = tcp.firstEnd, end.isReset, end.from == direction(of: role.peer) { return false }
        if ends[role.index].close != nil { return true }
        return ends[role.index].mayHideClose ? nil : false
    }

    /// What happened to a Close frame: it was received, unless it was never acknowledged and one of the following shows
    /// why.
    private func arrival(of close: SentClose, from sender: Role) -> CloseArrival {
        let receiver = sender.peer
        guard !isAcknowledged(close, from: sender) else { return .received }
        if let reset = tcp.reset, reset.from == direction(of: receiver) { return .refused }
        // The receiver went on after a pause as if there were no Close frame: meanwhile it was unreachable.
        if burst?.role == receiver, ends[receiver.index].lastPacket > close.origin.packet {
            return tcp.refusal?.from == direction(of: sender) ? .refused : .unknown
        }
        return isUnanswered(close, from: sender) || isOverdue(close) ? .unknown : .received
    }

    /// Whether a Close frame that was not acknowledged should have been (RFC 1122 4.2.3.2 allows half a second).
    private func isOverdue(_ close: SentClose) -> Bool {
        tcp.lastTime.nanoseconds(since: close.origin.time) >= Self.longestDelay
    }

    /// The longest time in nanoseconds from bytes to their acknowledgment, if both arrive.
    private static let longestDelay: Int64 = 1_000_000_000

    /// Whether the other end was silent until the sender of a Close frame gave up.
    private func isUnanswered(_ close: SentClose?, from sender: Role) -> Bool {
        guard let close, tcp.isTimeout else { return false }
        return tcp.unanswered?.from == direction(of: sender) && !isAcknowledged(close, from: sender)
    }

    /// Whether the other end's TCP acknowledged a Close frame, up to its end.
    private func isAcknowledged(_ close: SentClose, from sender: Role) -> Bool {
        tcp.acknowledged[direction(of: sender).index] >= close.carriedEnd
    }

    private func role(of direction: Direction) -> Role { Role(direction, client: clientDirection) }

    func direction(of role: Role) -> Direction { role.direction(client: clientDirection) }
}
