import WebSocketProtocol
import WireFormat

/// Whether an end failed the connection (RFC 6455 7.1.7): it then gives its application 1006, whatever it receives.
///
/// docs/verdicts.md, "An end that fails the connection", states the rules.
extension SessionOutcome {
    /// How long after a broken rule the end of TCP counts as its consequence, in nanoseconds.
    private static let patience: Int64 = 2_000_000_000

    /// The end that failed the connection, and why; nil if neither did.
    func failure() -> SessionEnd.Failure? {
        for role in [firstCloser?.peer ?? .client, firstCloser ?? .server] {
            if hasFailedByClose(role) || hasFailedSilently(role) {
                return SessionEnd.Failure(by: role, rule: brokenRule(for: role)?.rule)
            }
        }
        return nil
    }

    /// The rule that the other end broke, unless this end has shown with frames that it tolerates that.
    private func brokenRule(for role: Role) -> BrokenRule? {
        guard let broken = ends[role.peer.index].brokenRule, broken.isLesser else {
            return ends[role.peer.index].brokenRule
        }
        let close: UInt64 = ends[role.index].close == nil ? 0 : 1
        return ends[role.index].frames <= broken.framesOfPeer &+ close ? broken : nil
    }

    /// Whether an end's Close frame shows that it fails the connection.
    ///
    /// RFC 6455 7.4.1 defines codes for this. They show it if the other end broke a rule before, or if its stream is
    /// not fully known; "message too big" shows it if the other end sent any data. A Close frame that only repeats the
    /// other's code shows nothing.
    func hasFailedByClose(_ role: Role) -> Bool {
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

    /// Whether a Close frame has the same code as the one that it answers.
    private func isEcho(_ role: Role, _ code: CloseCode) -> Bool {
        firstCloser != role && ends[role.peer.index].close?.body?.code == code
    }

    /// Whether an end ended TCP without a Close frame right after the other one broke a rule, and sent nothing in
    /// between.
    private func hasFailedSilently(_ role: Role) -> Bool {
        guard ends[role.index].close == nil, !ends[role.index].mayHideClose,
            let rule = ends[role.peer.index].brokenRule,
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
