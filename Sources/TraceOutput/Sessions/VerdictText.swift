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

    /// The sentence without what differs from session to session: the reason, the silence, the Pings.
    static func kind(_ verdict: borrowing SessionEnd.Verdict, upgrade: SessionRow.Upgrade) -> String {
        var verdict = copy verdict
        verdict.reason = verdict.reason.map { _ in "" }
        verdict.silence = nil
        verdict.unansweredPings = 0
        return sentence(verdict, upgrade: upgrade)
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
        case .closeFrame where verdict.isClean: return "closed cleanly" + by
        case .closeFrame: return "closed" + by + ", never answered"
        case .fin: return "TCP closed" + by + (hadCloseFrame ? "" : " without a Close frame")
        case .rst: return "reset" + by + (hadCloseFrame ? "" : " without a Close frame")
        case .timeout: return "timed out" + by
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
