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
