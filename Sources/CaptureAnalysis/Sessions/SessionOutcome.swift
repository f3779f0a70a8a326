import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What a session came to, and the verdict on it.
struct SessionOutcome {
    /// The client's first Close frame.
    var clientClose: (body: CloseBody?, time: Timestamp)?
    /// The server's first Close frame.
    var serverClose: (body: CloseBody?, time: Timestamp)?
    /// Whether a gap may hide a Close frame of the client.
    var isClientLost: Bool
    /// Whether a gap may hide a Close frame of the server.
    var isServerLost: Bool
    /// Who sent the first of them.
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
        _ tcp: TCPOutcome, cause: EndCause, now: Timestamp
    ) -> SessionEnd.Verdict {
        let isOver = cause == .closed || tcp.firstEndTime != nil
        let first = firstCloser == .client ? clientClose : serverClose
        let (by, layer) = endedBy(tcp)
        let end = first?.time ?? (layer == .captureEnd ? now : tcp.firstEndTime ?? tcp.lastTime)
        return SessionEnd.Verdict(
            by: by, layer: layer, isClean: clientClose != nil && serverClose != nil, code: first?.body?.code,
            reason: first?.body?.code == nil ? nil : first?.body?.reason,
            clientSees: sees(serverClose, isOver: isOver && !isServerLost),
            serverSees: wasOpened ? sees(clientClose, isOver: isOver && !isClientLost) : nil,
            silence: lastFrameTime.map { end.nanoseconds(since: $0) }, unansweredPings: unansweredPings)
    }

    /// The code that an application gets when its peer sent this (RFC 6455 7.1.5); nil where that is not known.
    private func sees(_ close: (body: CloseBody?, time: Timestamp)?, isOver: Bool) -> CloseCode? {
        guard let close else { return isOver ? .abnormalClosure : nil }
        guard let body = close.body else { return nil }
        return body.code ?? .noStatusReceived
    }

    private func endedBy(
        _ tcp: TCPOutcome
    ) -> (SessionEnd.Verdict.Party, SessionEnd.Verdict.Layer) {
        if let firstCloser { return (firstCloser == .client ? .client : .server, .closeFrame) }
        let firstFin = tcp.firstFin?.packet ?? .max
        if let reset = tcp.reset, reset.packet < firstFin { return (party(reset.from), .rst) }
        if let fin = tcp.firstFin { return (party(fin.from), .fin) }
        return (.unknown, .captureEnd)
    }

    private func party(_ direction: Direction) -> SessionEnd.Verdict.Party {
        direction == clientDirection ? .client : .server
    }
}
