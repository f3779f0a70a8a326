package import CaptureAnalysis
import WebSocketProtocol

/// Describes why a session ended.
///
/// The text contains the close reason as it was sent, and is not yet safe for a terminal.
package enum VerdictMessage {
    /// The sentence, for example `closed cleanly by the client, 1000 "bye", after 5.000 s of silence`.
    package static func text(_ verdict: borrowing SessionEnd.Verdict, upgrade: SessionRow.Upgrade) -> String {
        let verdict = copy verdict
        let isEncrypted = upgrade == .answerEncrypted || verdict.tls?.undecrypted != nil
        var text = ending(
            verdict, wasOpen: upgrade != .pending && !isRefused(upgrade), unseen: isEncrypted ? "decrypted" : "captured"
        )
        switch upgrade {
        case .refused(let status?): text = "upgrade refused with \(status); " + text
        case .refused(nil): text = "upgrade never answered; " + text
        case .answerMissing: text = "answer not captured; " + text
        case .answerEncrypted: text = "answer not decrypted; " + text
        case .pending: text = "upgrade not answered; " + text
        case .accepted, .unseen: break
        }
        text += code(verdict)
        text += failure(verdict)
        if upgrade == .accepted || upgrade == .unseen {
            text += sees(verdict)
        }
        if let silence = verdict.silence, silence >= 1_000_000 {
            text += ", after \(Quantity.seconds(silence)) of silence"
        }
        if verdict.unansweredPings > 0 {
            text += ", \(Quantity.count(verdict.unansweredPings, "ping")) unanswered"
        }
        if verdict.uncertainPings > 0 {
            text += isEncrypted ? ", not decrypted whether " : ", a gap may hide the answers to "
            text += Quantity.count(verdict.uncertainPings, "ping") + (isEncrypted ? " were answered" : "")
        }
        return text
    }

    /// How much an ending deserves attention.
    enum Concern: Int, Comparable {
        /// Closed in order, for an ordinary reason.
        case none
        /// Not over when the capture ended.
        case unfinished
        /// Anything else: refused, reset, failed, or closed with a code that says why.
        case trouble

        static func < (left: Concern, right: Concern) -> Bool { left.rawValue < right.rawValue }
    }

    /// How much an ending deserves attention.
    static func concern(_ verdict: borrowing SessionEnd.Verdict, upgrade: SessionRow.Upgrade) -> Concern {
        switch upgrade {
        case .refused, .pending: return .trouble
        case .answerMissing, .answerEncrypted: return .unfinished
        case .accepted, .unseen: break
        }
        if isClosedCleanly(verdict) { return .none }
        return verdict.layer == .captureEnd && verdict.code == nil ? .unfinished : .trouble
    }

    /// Whether both ends closed in order, for an ordinary reason: this is called "closed cleanly", and marked that way.
    static func isClosedCleanly(_ verdict: borrowing SessionEnd.Verdict) -> Bool {
        verdict.isClean && isOrdinary(verdict.code)
    }

    /// Whether a code is a normal way to end a session: 1000, 1001, or none.
    ///
    /// All others name a problem, or are the application's own (RFC 6455 7.4).
    private static func isOrdinary(_ code: CloseCode?) -> Bool {
        code == nil || code == .normalClosure || code == .goingAway
    }

    /// The sentence about sessions that ended alike, without what differs from session to session.
    ///
    /// For refused upgrades, who closed TCP afterwards does not matter.
    static func commonText(_ verdict: borrowing SessionEnd.Verdict, upgrade: SessionRow.Upgrade) -> String {
        if let status = upgrade.refusal { return "upgrade refused with \(status)" }
        return text(common(verdict), upgrade: upgrade)
    }

    /// A verdict without what differs from session to session: the reason, the silence, the Pings.
    ///
    /// Sessions that ended alike share it.
    private static func common(_ verdict: borrowing SessionEnd.Verdict) -> SessionEnd.Verdict {
        var verdict = copy verdict
        verdict.reason = verdict.reason.map { _ in "" }
        verdict.silence = nil
        verdict.messageSilence = nil
        verdict.unansweredPings = 0
        verdict.uncertainPings = 0
        verdict.timeout = verdict.timeout.map { SessionEnd.Unanswered(from: $0.from, segments: 0, span: 0) }
        verdict.clientEvent = verdict.clientEvent.map { CloseEvent(code: $0.code, reason: "", wasClean: nil) }
        verdict.serverEvent = verdict.serverEvent.map { CloseEvent(code: $0.code, reason: "", wasClean: nil) }
        return verdict
    }

    /// Whether two sessions ended alike: both have the same ``common(_:)`` verdict.
    static func areAlike(_ left: borrowing SessionEnd.Verdict, _ right: borrowing SessionEnd.Verdict) -> Bool {
        left.by == right.by && left.layer == right.layer && left.isClean == right.isClean && left.code == right.code
            && left.clientSees == right.clientSees && left.serverSees == right.serverSees
            && (left.reason == nil) == (right.reason == nil) && left.timeout?.from == right.timeout?.from
            && left.failure == right.failure && left.tls == right.tls
    }

    private static func isRefused(_ upgrade: SessionRow.Upgrade) -> Bool {
        if case .refused = upgrade { true } else { false }
    }

    /// How the session ended.
    ///
    /// If it was never open (`wasOpen` is false), a missing Close frame is not mentioned. `unseen` is what the unknown
    /// parts were not: "captured" or "decrypted".
    private static func ending(_ verdict: SessionEnd.Verdict, wasOpen: Bool, unseen: String) -> String {
        let by =
            switch verdict.by {
            case .client: " by the client"
            case .server: " by the server"
            case .network: " by the network"
            case .unknown: ""
            }
        let hadCloseFrame = verdict.isClean || verdict.code != nil
        let lacksCloseFrame = wasOpen && !hadCloseFrame
        // What an application saw is known unless a gap may hide a Close frame.
        let isHidden = verdict.clientEvent == nil || verdict.serverEvent == nil
        let missing = isHidden ? ", no Close frame " + unseen : " without a Close frame"
        switch verdict.layer {
        case .closeFrame where isFailedByCloser(verdict): return "failed" + by
        case .closeFrame where verdict.by == .unknown: return "closed, which end first not " + unseen
        case .closeFrame where verdict.isClean:
            return isClosedCleanly(verdict) ? "closed cleanly" + by : "closed" + by + ", answered"
        case .closeFrame where verdict.failure != nil: return "closed" + by
        case .closeFrame where verdict.timeout != nil:
            return "closed" + by + ", never answered" + unanswered(verdict.timeout)
        case .closeFrame where isAnswerHidden(verdict): return "closed" + by + ", answer not " + unseen
        case .closeFrame: return "closed" + by + ", never answered"
        case .fin where verdict.by == .unknown:
            return "TCP closed, which end first not " + unseen + (lacksCloseFrame ? missing : "")
        case .fin: return "TCP closed" + by + (lacksCloseFrame ? missing : "") + unannounced(verdict)
        case .tlsAlert:
            let name = verdict.tls?.fatalAlert?.name ?? "unknown"
            return "ended" + by + " with TLS alert " + name + (lacksCloseFrame ? ", without a Close frame" : "")
        case .rst: return "reset" + by + (lacksCloseFrame ? missing : "")
        case .timeout: return "timed out" + unanswered(verdict.timeout)
        case .captureEnd where hadCloseFrame: return "still closing when the capture ended"
        case .captureEnd: return "still open when the capture ended"
        }
    }

    /// What TLS lacks before the FIN; without it, bytes may have been cut off.
    private static func unannounced(_ verdict: SessionEnd.Verdict) -> String {
        guard let tls = verdict.tls else { return "" }
        switch verdict.by {
        case .client where !tls.clientHasClosed && tls.undecrypted != .client,
            .server where !tls.serverHasClosed && tls.undecrypted != .server:
            return ", without close_notify"
        default: return ""
        }
    }

    private static func code(_ verdict: SessionEnd.Verdict) -> String {
        guard let code = verdict.code else {
            guard verdict.layer == .closeFrame else { return "" }
            // The receiver of a Close frame without a code sees 1005; nil means that its bytes were not captured.
            let peerSees = verdict.by == .client ? verdict.serverSees : verdict.clientSees
            return peerSees == nil ? ", code not captured" : ", no code"
        }
        var text = ", \(code.rawValue)"
        switch verdict.reason {
        case nil: text += " (reason not UTF-8)"
        case "": text += " \(code.name)"
        case let reason?: text += " \"\(reason)\""
        }
        return text
    }

    /// Whether the answer to the first Close frame may be in a gap, or after the end of the capture.
    private static func isAnswerHidden(_ verdict: SessionEnd.Verdict) -> Bool {
        (verdict.by == .client ? verdict.clientEvent : verdict.serverEvent) == nil
    }

    /// What was left unanswered: ", 5 segments from the server unanswered for 3.812 s"; for sessions together
    /// (``common(_:)``), only whose segments.
    private static func unanswered(_ timeout: SessionEnd.Unanswered?) -> String {
        guard let timeout else { return "" }
        let sender = timeout.from == .client ? "client" : "server"
        guard timeout.segments > 0 else { return ", segments from the \(sender) unanswered" }
        return ", \(Quantity.count(timeout.segments, "segment")) from the \(sender) unanswered for "
            + Quantity.seconds(timeout.span)
    }

    /// Whether the first Close frame's sender failed the connection with it (RFC 6455 7.1.7).
    private static func isFailedByCloser(_ verdict: SessionEnd.Verdict) -> Bool {
        guard let failure = verdict.failure else { return false }
        return verdict.layer == .closeFrame && verdict.by == (failure.by == .client ? .client : .server)
    }

    /// Who failed the connection, unless the text has already said so, and over which rule.
    private static func failure(_ verdict: SessionEnd.Verdict) -> String {
        guard let failure = verdict.failure else { return "" }
        let (by, peer) = failure.by == .client ? ("client", "server") : ("server", "client")
        let text = isFailedByCloser(verdict) ? "" : ", failed by the \(by)"
        guard let rule = failure.rule else { return text }
        return text + " over the \(peer)'s \(rule.id)"
    }

    /// The codes that the applications see, if they differ from the Close frame's.
    private static func sees(_ verdict: SessionEnd.Verdict) -> String {
        guard let client = verdict.clientSees?.rawValue else {
            return verdict.serverSees.map { " (the server sees \($0.rawValue))" } ?? ""
        }
        guard let server = verdict.serverSees?.rawValue else { return " (the client sees \(client))" }
        if client != server { return " (the client sees \(client), the server \(server))" }
        return client == verdict.code?.rawValue ? "" : " (both ends see \(client))"
    }
}

extension Handshake {
    /// What replaces an unknown answer in the text.
    var missingAnswer: String { isAnswerEncrypted ? "answer not decrypted" : "answer not captured" }
}
