/// What may still be tried to find keys, on all connections of a shard: bounds on time, however many connections there
/// are.
package struct TrialAllowance: Sendable {
    private static let mostSecrets = 1 << 20
    private static let mostLines = 1 << 23
    private static let mostBytes = 4 << 30

    /// Secrets that may still be tried on records of unknown sessions.
    package var secrets = mostSecrets
    /// Lines of key logs that may still be read for those.
    package var lines = mostLines
    /// Bytes that may still be decrypted on trial after losses (``TLSReader/trialBudget``).
    package var bytes = mostBytes

    /// Allows more, since this many bytes have been captured.
    ///
    /// So the time of all trials grows with the capture, and an endless one does not use them up.
    mutating func grow(after count: Int) {
        secrets = min(secrets &+ count &>> 12, Self.mostSecrets)
        lines = min(lines &+ count &>> 9, Self.mostLines)
        bytes = min(bytes &+ count &<< 2, Self.mostBytes)
    }
}
