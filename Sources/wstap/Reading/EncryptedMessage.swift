import CaptureAnalysis

/// Words for TLS connections that were not decrypted.
enum EncryptedMessage {
    /// How many were not, by reason: "2 TLS (no keys)".
    static func reasons(_ encrypted: EncryptedConnections) -> [String] {
        let counts: [(UInt64, String)] = [
            (encrypted.noKeyLog, "TLS (no keys)"),
            (encrypted.noSecret, "TLS (no secret for this client random)"),
            (encrypted.wrongSecret, "TLS (its secrets do not fit)"),
            (encrypted.unsupported, "TLS (cipher or version not decrypted)"),
            (encrypted.noHandshake, "TLS (needs the handshake, which is not in the capture)"),
            (encrypted.incomplete, "TLS (over before any data)"),
        ]
        return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    }

    /// The line for a user whose key log lacks connections; nil if it lacks none.
    static func text(_ encrypted: EncryptedConnections) -> String? {
        guard encrypted.decrypted > 0, encrypted.total - encrypted.decrypted > encrypted.incomplete else { return nil }
        return "not decrypted: " + reasons(encrypted).joined(separator: ", ")
    }
}
