import WebSocketProtocol
import WireFormat

/// What a session came to, and the verdict on it.
struct SessionOutcome {
    var client: EndOutcome
    var server: EndOutcome
    /// Who sent the first Close frame.
    var firstCloser: Role?
    /// The direction that the client sends.
    var clientDirection: Direction
    /// When the last frame before the end was complete; the answer to the upgrade where there was none.
    var lastFrameTime: Timestamp?
    /// Pings without a Pong.
    var unansweredPings: UInt64
    /// Whether the upgrade was accepted.
    var wasOpened: Bool

    /// Who ended it, at which layer, and what the applications are told.
    func verdict(
        _ tcp: TransportEnd, now: Timestamp
    ) -> SessionEnd.Verdict {
        let isOver = tcp.cause == .closed || tcp.firstEndTime != nil
        let first = firstCloser.flatMap { self[$0].close }
        let (by, layer) = endedBy(tcp)
        let failure = failure(tcp)
        return SessionEnd.Verdict(
            by: by, layer: layer, isClean: client.close != nil && server.close != nil && failure == nil,
            code: first?.body?.code, reason: first?.body?.code == nil ? nil : first?.body?.reason, failure: failure,
            clientEvent: closeEvent(of: .client, tcp, failure, isOver: isOver),
            serverEvent: wasOpened ? closeEvent(of: .server, tcp, failure, isOver: isOver) : nil,
            silence: lastFrameTime.map { endTime(tcp, now: now).nanoseconds(since: $0) },
            unansweredPings: unansweredPings, timeout: layer == .timeout ? tcp.health.unanswered : nil)
    }

    /// When the end began: with the first Close frame, else the first FIN or RST, else the last packet; the capture's end
    /// where there was no end.
    func endTime(_ tcp: TransportEnd, now: Timestamp) -> Timestamp {
        if let close = firstCloser.flatMap({ self[$0].close }) { return close.time }
        return tcp.firstEndTime ?? (tcp.isTimeout ? tcp.lastTime : now)
    }

    /// What an end's application is told; nil while its session is open, and where a gap hides it.
    private func closeEvent(
        of role: Role, _ tcp: TransportEnd, _ failure: SessionEnd.Failure?, isOver: Bool
    ) -> CloseEvent? {
        // RFC 6455 7.1.7: an end that has failed the connection reads nothing more, not even a Close frame.
        if failure?.by == role { return .abnormal }
        let own = self[role]
        let peer = self[role.peer]
        guard let close = peer.close else { return isOver && !peer.isLost ? .abnormal : nil }
        if wasRefused(close, from: role.peer, tcp) { return .abnormal }
        guard let body = close.body else { return nil }
        // RFC 6455 7.1.5: the code of the first Close frame received.
        return CloseEvent(
            code: body.code ?? .noStatusReceived, reason: body.reason,
            wasClean: own.close != nil ? true : own.isLost ? nil : false)
    }

    /// Whether the other end has answered a Close frame with a RST, without ever acknowledging it: its socket was gone.
    private func wasRefused(_ close: SentClose, from sender: Role, _ tcp: TransportEnd) -> Bool {
        guard let reset = tcp.reset, reset.from == direction(of: sender.peer) else { return false }
        return tcp.acknowledged[direction(of: sender).index] < close.carriedEnd
    }

    private func endedBy(
        _ tcp: TransportEnd
    ) -> (SessionEnd.Verdict.Party, SessionEnd.Verdict.Layer) {
        if let firstCloser { return (firstCloser == .client ? .client : .server, .closeFrame) }
        if tcp.isTimeout { return (.network, .timeout) }
        if let end = tcp.firstEnd {
            return (role(of: end.from) == .client ? .client : .server, end.isReset ? .rst : .fin)
        }
        return (.unknown, .captureEnd)
    }

    subscript(role: Role) -> EndOutcome { role == .client ? client : server }

    func role(of direction: Direction) -> Role { Role(direction, client: clientDirection) }

    func direction(of role: Role) -> Direction { role.direction(client: clientDirection) }
}
