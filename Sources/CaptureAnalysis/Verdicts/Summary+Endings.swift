extension Summary {
    /// Takes what came of the comparison of sessions' ends, and what had no room in it.
    mutating func compare(_ endings: EndingPatterns) {
        patterns = endings.patterns
        uncomparedSessions = endings.uncomparedSessions
        forgottenTimes = endings.forgottenTimes
    }
}
