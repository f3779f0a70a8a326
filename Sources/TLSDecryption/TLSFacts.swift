package import WireFormat

/// What the hellos of a connection have told, and what is missing to decrypt it.
package struct TLSFacts: Sendable {
    /// The version that the server chose; nil before its hello.
    package internal(set) var version: TLSVersion?
    /// The cipher suite that the server chose.
    package internal(set) var suite: CipherSuite?
    /// The server that the client asked for.
    package internal(set) var serverName: String?
    /// The application protocol that the server chose.
    package internal(set) var selectedProtocol: String?
    /// The application protocols that the client offered, the first few: in TLS 1.3 the choice is encrypted.
    package internal(set) var offeredProtocols: [String] = []
    /// The first alert that ended the connection and was not encrypted, or was decrypted, and who sent it.
    package internal(set) var fatalAlert: (alert: TLSAlert, from: Direction)?
    /// Whether an earlier session was resumed.
    package internal(set) var isResumed = false
    /// Whether the true ClientHello may be encrypted (ECH).
    package internal(set) var hasEncryptedHello = false

    /// Why nothing of a direction, or of a connection, can be decrypted.
    package enum Obstacle: Hashable, Sendable {
        /// There are no secrets at all.
        case noKeyLog
        /// There are secrets, but none of this connection.
        case noSecret
        /// The secrets of this connection do not fit.
        case wrongSecret
        /// A cipher, a version or a compression that is not decrypted here.
        case unsupported
        /// It renegotiated.
        case renegotiation
        /// Its handshake is not in the capture, and the key log's secrets do not fit or cannot be tried.
        case noHandshake
        /// It ended before there was something to decrypt, or is none.
        case incomplete
    }
}

/// What a connection came to, for when its reader is gone.
package struct TLSOutcome: Sendable {
    /// What the hellos told.
    package let facts: TLSFacts
    /// The direction of the client; nil if that was not seen.
    package let client: Direction?
    /// The random of the ClientHello.
    package let clientRandom: Random?
    /// What kept the connection from being decrypted; nil if records of it were.
    package let obstacle: TLSFacts.Obstacle?
    /// Whether both directions have their secrets, as far as is known.
    package let isDecrypted: Bool
    /// Whether the connection began before the capture.
    package let beginsMidstream: Bool

    /// Whether it is TLS for certain: a hello was read.
    package var hasHello: Bool { clientRandom != nil || facts.version != nil }
}

extension TLSReader {
    /// What the connection came to up to now.
    package var outcome: TLSOutcome {
        TLSOutcome(
            facts: facts, client: client, clientRandom: clientRandom, obstacle: obstacle, isDecrypted: isDecrypted,
            beginsMidstream: beginsMidstream)
    }
}
