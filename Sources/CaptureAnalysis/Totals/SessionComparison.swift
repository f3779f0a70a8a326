/// What sessions show together: how they end, which of them end alike, and which are one session seen twice.
///
/// It takes events in the order of the analysis, with the connections' numbers of the whole.
struct SessionComparison: Sendable {
    /// Endings that repeat.
    private(set) var patterns = EndingPatterns()
    /// How many sessions ended in which way.
    private(set) var endings = EndingCounts()
    /// Sessions that a proxy passed on.
    private(set) var legs = ProxyLegs()

    /// Takes the end of a session: how it ended, and what it is compared by.
    mutating func record(_ verdict: SessionEnd.Verdict, _ sample: EndingPatterns.Sample, connection: UInt64) {
        patterns.record(verdict, sample)
        endings.record(verdict)
        legs.recordEnd(by: verdict.by, connection: connection)
    }

    /// Takes an upgrade.
    mutating func record(_ leg: ProxyLegs.Leg, connection: UInt64) {
        legs.record(leg, connection: connection)
    }
}

extension Summary {
    /// Takes what came of the comparison of sessions, and what had no room in it.
    mutating func take(_ comparison: SessionComparison) {
        compare(comparison.patterns)
        endings = comparison.endings.largestFirst
        otherEndings = comparison.endings.omitted
        proxiedSessions = comparison.legs.sessions
        otherProxiedSessions = comparison.legs.omitted
    }

    /// Takes the endings that repeat.
    mutating func compare(_ endings: EndingPatterns) {
        patterns = endings.patterns
        uncomparedSessions = endings.uncomparedSessions
        forgottenTimes = endings.forgottenTimes
    }
}
