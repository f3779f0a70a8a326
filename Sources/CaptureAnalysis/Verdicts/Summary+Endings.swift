extension Summary {
    /// Takes what came of the comparison of sessions' ends, and what had no room in it.
    mutating func note(_ endings: EndingPatterns) {
        patterns = endings.patterns
        uncomparedSessions = endings.uncomparedSessions
        forgottenTimes = endings.forgottenTimes
    }
}
