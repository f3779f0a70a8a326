import CaptureAnalysis
import WebSocketProtocol

/// Why a session ended, in words.
///
/// They hold the close reason as the wire spelled it: not safe for a terminal yet.
enum VerdictText {
    /// The whole sentence, such as `closed cleanly by the client, 1000 "bye", after 5.000 s of silence`.
    static func sentence(_ verdict: borrowing SessionEnd.Verdict, upgrade: SessionRow.Upgrade) -> String {
        let verdict = copy verdict
        var text = ending(verdict)
        switch upgrade {
        case .refused(let status?): text = "upgrade refused with \(status); " + text
        case .refused(nil): text = "upgrade never answered; " + text
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
        return text
    }

    /// A verdict without what differs from session to session: the reason, the silence, the Pings.
    static func common(_ verdict: borrowing SessionEnd.Verdict) -> SessionEnd.Verdict {
        var verdict = copy verdict
        verdict.reason = verdict.reason.map { _ in "" }
        verdict.silence = nil
        verdict.unansweredPings = 0
        verdict.timeout = nil
        verdict.clientEvent = verdict.clientEvent.map { CloseEvent(code: $0.code, reason: "", wasClean: nil) }
        verdict.serverEvent = verdict.serverEvent.map { CloseEvent(code: $0.code, reason: "", wasClean: nil) }
        return verdict
    }

    private static func ending(_ verdict: SessionEnd.Verdict) -> String {
        let by =
            switch verdict.by {
            case .client: " by the client"
            case .server: " by the server"
            case .network: " by the network"
            case .unknown: ""
            }
        let hadCloseFrame = verdict.isClean || verdict.code != nil
        switch verdict.layer {
        case .closeFrame where isFailedByCloser(verdict): return "failed" + by
        case .closeFrame where verdict.isClean: return "closed cleanly" + by
        case .closeFrame where verdict.failure != nil: return "closed" + by
        case .closeFrame where isAnswerHidden(verdict): return "closed" + by + ", answer not captured"
        case .closeFrame: return "closed" + by + ", never answered"
        case .fin: return "TCP closed" + by + (hadCloseFrame ? "" : " without a Close frame")
        case .rst: return "reset" + by + (hadCloseFrame ? "" : " without a Close frame")
        case .timeout: return "timed out" + unanswered(verdict.timeout)
        case .captureEnd where hadCloseFrame: return "still closing when the capture ended"
        case .captureEnd: return "still open when the capture ended"
        }
    }

    private static func code(_ verdict: SessionEnd.Verdict) -> String {
        guard let code = verdict.code else {
            guard verdict.layer == .closeFrame else { return "" }
            // Who gets a Close frame without a code sees 1005; nothing is said where its bytes are missing.
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

    /// Whether a gap, or the capture's end, may hide the answer to the first Close frame.
    private static func isAnswerHidden(_ verdict: SessionEnd.Verdict) -> Bool {
        (verdict.by == .client ? verdict.clientEvent : verdict.serverEvent) == nil
    }

    /// What nobody answered: ", 5 segments of the server unanswered for 3.812 s".
    private static func unanswered(_ timeout: SessionEnd.Unanswered?) -> String {
        guard let timeout else { return "" }
        let sender = timeout.from == .client ? "client" : "server"
        return ", \(Quantity.count(timeout.segments, "segment")) of the \(sender) unanswered for "
            + Quantity.seconds(timeout.span)
    }

    /// Whether the end that sent the first Close frame failed the connection with it.
    private static func isFailedByCloser(_ verdict: SessionEnd.Verdict) -> Bool {
        guard let failure = verdict.failure else { return false }
        return verdict.layer == .closeFrame && verdict.by == (failure.by == .client ? .client : .server)
    }

    /// Who failed the connection, where that was not said, and why.
    private static func failure(_ verdict: SessionEnd.Verdict) -> String {
        guard let failure = verdict.failure else { return "" }
        let (by, peer) = failure.by == .client ? ("client", "server") : ("server", "client")
        let text = isFailedByCloser(verdict) ? "" : ", failed by the \(by)"
        guard let violation = failure.violation else { return text }
        return text + " over \(violation.rule) of the \(peer)"
    }

    /// What the applications are told, where the code in the Close frame does not say it all.
    private static func sees(_ verdict: SessionEnd.Verdict) -> String {
        guard let client = verdict.clientSees?.rawValue else {
            return verdict.serverSees.map { " (the server sees \($0.rawValue))" } ?? ""
        }
        guard let server = verdict.serverSees?.rawValue else { return " (the client sees \(client))" }
        if client != server { return " (the client sees \(client), the server \(server))" }
        return client == verdict.code?.rawValue ? "" : " (both ends see \(client))"
    }
}
