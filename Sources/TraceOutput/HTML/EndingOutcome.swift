import CaptureAnalysis
import WebSocketProtocol

/// How a session ended, at a glance: the shape and colour of its mark.
///
/// In order of badness, the worst first.
enum EndingOutcome: String, CaseIterable {
    /// An end failed the connection over a broken rule.
    case failed
    /// TCP was reset, or TLS ended with a fatal alert, without a Close frame.
    case reset
    /// An end was never heard again.
    case timeout
    /// The upgrade was refused, or never answered.
    case refused
    /// TCP was closed without a Close frame.
    case fin
    /// With a Close frame that names an error, or was not answered.
    case closed
    /// Still open when the capture ended.
    case open
    /// With Close frames of both ends.
    case clean

    init(_ verdict: SessionEnd.Verdict, upgrade: SessionRow.Upgrade) {
        switch (verdict.layer, upgrade) {
        case (_, .refused), (_, .pending): self = .refused
        case _ where verdict.failure != nil: self = .failed
        case (.closeFrame, _): self = verdict.isClean && !Self.isError(verdict.code) ? .clean : .closed
        case (.rst, _), (.tlsAlert, _): self = .reset
        case (.fin, _): self = .fin
        case (.timeout, _): self = .timeout
        case (.captureEnd, _): self = .open
        }
    }

    /// Its place in the order of badness: 0 is the worst.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether a close code names an error: one of RFC 6455 7.4.1 other than a normal closure and "going away".
    private static func isError(_ code: CloseCode?) -> Bool {
        guard let code else { return false }
        return code.rawValue < 1000 || (1002..<3000).contains(code.rawValue) || code.rawValue > 4999
    }
}
