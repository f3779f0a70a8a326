import WebSocketProtocol
import WireFormat

/// Whether an end has failed the connection (RFC 6455 7.1.7): it then shows its application 1006, whatever it receives.
extension SessionOutcome {
    /// How long after a broken rule, in nanoseconds, the end of TCP counts as its consequence.
    private static let patience: Int64 = 2_000_000_000

    /// Who has failed the connection, and why; nil where nobody has.
    func failure(_ tcp: TransportEnd) -> SessionEnd.Failure? {
        for role in [firstCloser?.peer ?? .client, firstCloser ?? .server] {
            if hasFailedByClose(role) || hasFailedSilently(role, tcp) {
                return SessionEnd.Failure(by: role, violation: self[role.peer].brokenRule?.violation)
            }
        }
        return nil
    }

    /// Whether an end's Close frame says that it fails the connection.
    ///
    /// RFC 6455 7.4.1 has codes for that. They say it where the other end has broken a rule before, or where its stream
    /// is not known in full; "message too big" where the other end has sent any data. A Close frame that only repeats the
    /// other's code says nothing.
    private func hasFailedByClose(_ role: Role) -> Bool {
        let peer = self[role.peer]
        guard let code = self[role].close?.body?.code, !isEcho(role, code) else { return false }
        let isFirst = firstCloser == role
        switch code {
        case .protocolError, .invalidFramePayloadData:
            return peer.brokenRule != nil || isFirst && peer.isIncomplete
        case .messageTooBig:
            return peer.brokenRule != nil || isFirst && (peer.isIncomplete || peer.dataFrames > 0)
        default: return false
        }
    }

    /// Whether a Close frame has the code of the one that it answers.
    private func isEcho(_ role: Role, _ code: CloseCode) -> Bool {
        firstCloser != role && self[role.peer].close?.body?.code == code
    }

    /// Whether an end has ended TCP without a Close frame right behind a rule that the other one broke, and has sent
    /// nothing in between.
    private func hasFailedSilently(_ role: Role, _ tcp: TransportEnd) -> Bool {
        guard self[role].close == nil, !self[role].isLost, let rule = self[role.peer].brokenRule,
            let end = tcp.firstEnd, end.from == direction(of: role), let time = tcp.firstEndTime
        else { return false }
        return self[role].frames == rule.framesOfPeer
            && (0...Self.patience).contains(time.nanoseconds(since: rule.time))
    }
}
