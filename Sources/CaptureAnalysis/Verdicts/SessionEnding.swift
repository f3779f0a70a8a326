import WebSocketProtocol

/// What ended a session: the first applicable row of the table in docs/verdicts.md, "Which end, and at which layer".
enum SessionEnding {
    /// The first Close frame; its sender is nil if a gap may hide an earlier one of the other end.
    case closeFrame(SentClose, by: Role?)
    /// A fatal alert in decrypted TLS.
    case tlsAlert(Alert)
    /// An end that never answered.
    case timeout
    /// The first FIN; its sender is nil if it may answer an uncaptured FIN or Close frame of the other end.
    case fin(by: Role?)
    /// The first RST.
    case reset(by: Role)
    /// Nothing: the capture ended first.
    case captureEnd

    /// The party that ended it.
    var party: SessionEnd.Verdict.Party {
        switch self {
        case .closeFrame(_, let role), .fin(let role): SessionEnd.Verdict.Party(role)
        case .tlsAlert(let alert): SessionEnd.Verdict.Party(alert.from)
        case .reset(let role): SessionEnd.Verdict.Party(role)
        case .timeout: .network
        case .captureEnd: .unknown
        }
    }

    /// The layer at which it ended.
    var layer: SessionEnd.Verdict.Layer {
        switch self {
        case .closeFrame: .closeFrame
        case .tlsAlert: .tlsAlert
        case .timeout: .timeout
        case .fin: .fin
        case .reset: .rst
        case .captureEnd: .captureEnd
        }
    }

    /// The Close frame that started the end; nil if none did.
    var close: SentClose? {
        if case .closeFrame(let close, _) = self { close } else { nil }
    }
}

extension SessionEnd.Verdict.Party {
    /// Creates the party of an end; nil stands for an unknown one.
    fileprivate init(_ role: Role?) {
        self =
            switch role {
            case .client: .client
            case .server: .server
            case nil: .unknown
            }
    }
}

/// What happened to a Close frame at the end that it was sent to.
enum CloseArrival {
    /// Its application was informed, as far as known.
    case received
    /// Its socket was gone: its TCP answered with a RST, or met one when it could be reached again.
    case refused
    /// Unknown: the end was silent, or unreachable.
    case unknown
}
