import CaptureAnalysis

/// How a session ended, at a glance: the shape and colour of its mark.
///
/// Ordered by severity, the worst first.
enum EndingOutcome: String, CaseIterable {
    /// An end failed the connection over a broken rule.
    case failed
    /// TCP was reset, or TLS ended with a fatal alert, without a Close frame.
    case reset
    /// An end was never heard from again.
    case timeout
    /// The upgrade was refused, or never answered.
    case refused
    /// TCP was closed without a Close frame.
    case fin
    /// With a Close frame whose answer, if there was one, was not captured.
    case closed
    /// With Close frames of both ends, and a code that names a problem or is the application's own.
    case coded
    /// Still open when the capture ended.
    case open
    /// Cleanly, with Close frames of both ends and 1000, 1001 or no code.
    case clean

    init(_ verdict: SessionEnd.Verdict, upgrade: SessionRow.Upgrade) {
        switch (verdict.layer, upgrade) {
        case (_, .refused), (_, .pending): self = .refused
        case _ where verdict.failure != nil: self = .failed
        case (.closeFrame, _) where !verdict.isClean: self = .closed
        case (.closeFrame, _): self = VerdictMessage.isClosedCleanly(verdict) ? .clean : .coded
        case (.rst, _), (.tlsAlert, _): self = .reset
        case (.fin, _): self = .fin
        case (.timeout, _): self = .timeout
        case (.captureEnd, _): self = .open
        }
    }

    /// Its rank by severity: 0 is the worst.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
