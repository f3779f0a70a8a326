/// What sessions show when compared: how they end, which of them end alike, and which are one session seen twice.
///
/// It takes events in the order of the analysis, with the connection numbers of the whole.
struct SessionComparison: Sendable {
    /// Patterns of repeated endings.
    private(set) var patterns = EndingPatterns()
    /// The number of sessions that ended in each way.
    private(set) var endings = EndingCounts()
    /// Sessions that a proxy forwarded.
    private(set) var legs = ProxyLegs()

    /// Records the end of a session: its verdict and its sample.
    mutating func record(_ verdict: SessionEnd.Verdict, _ sample: EndingPatterns.Sample, connection: UInt64) {
        patterns.record(verdict, sample)
        endings.record(verdict)
        legs.recordEnd(by: verdict.by, connection: connection)
    }

    /// Records an upgrade.
    mutating func record(_ leg: ProxyLegs.Leg, connection: UInt64) {
        legs.record(leg, connection: connection)
    }
}

extension Summary {
    /// Takes the results of the comparison, and the counts of what did not fit.
    mutating func take(_ comparison: SessionComparison) {
        compare(comparison.patterns)
        endings = comparison.endings.largestFirst
        otherEndings = comparison.endings.omitted
        proxiedSessions = comparison.legs.sessions
        otherProxiedSessions = comparison.legs.omitted
    }

    /// Takes the patterns of repeated endings.
    mutating func compare(_ endings: EndingPatterns) {
        patterns = endings.patterns
        uncomparedSessions = endings.uncomparedSessions
        forgottenTimes = endings.forgottenTimes
    }
}
