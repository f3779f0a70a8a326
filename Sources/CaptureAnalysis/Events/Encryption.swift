package import TLSDecryption

/// The TLS parameters of a connection.
public struct Encryption: Hashable, Sendable {
    /// The version, such as "1.3"; nil if its hello is not in the capture.
    public var version: String?
    /// The cipher suite, by its IANA name.
    public var cipherSuite: String?
    /// The server name that the client sent (SNI).
    public var serverName: String?
    /// The negotiated application protocol (ALPN).
    public var applicationProtocol: String?
    /// Whether both directions could be decrypted so far.
    public var isDecrypted: Bool
    /// Whether an earlier session was resumed.
    public var isResumed: Bool
    /// The random of the ClientHello, which identifies the connection in key logs; nil if unknown.
    package var clientRandom: Random?
}

/// Counts of TLS connections, by whether and why not they were decrypted.
public struct EncryptedConnections: Hashable, Sendable {
    /// All connections with TLS.
    public var total: UInt64 = 0
    /// Connections with decrypted records in at least one direction.
    public var decrypted: UInt64 = 0
    /// Connections not decrypted because there is neither a key log nor any secret in the capture.
    public var noKeyLog: UInt64 = 0
    /// Connections not decrypted because no key log has their client random.
    public var noSecret: UInt64 = 0
    /// Connections not decrypted because their secrets are wrong.
    public var wrongSecret: UInt64 = 0
    /// Connections not decrypted because their cipher, version or compression is not supported.
    public var unsupported: UInt64 = 0
    /// Connections not decrypted because they need a handshake that is not in the capture.
    public var noHandshake: UInt64 = 0
    /// Connections that ended before there was anything to decrypt.
    public var incomplete: UInt64 = 0
    /// Connections, decrypted or not, that carry HTTP/2 according to ALPN.
    public var http2: UInt64 = 0
    /// Connections whose ClientHello may contain another, encrypted one (ECH).
    public var encryptedHellos: UInt64 = 0
    /// Whether secrets came with packets: connections before them may have needed them.
    public var hasLateSecrets = false
}

extension EncryptedConnections {
    /// Adds the counts of a part.
    mutating func add(_ part: EncryptedConnections) {
        total &+= part.total
        decrypted &+= part.decrypted
        noKeyLog &+= part.noKeyLog
        noSecret &+= part.noSecret
        wrongSecret &+= part.wrongSecret
        unsupported &+= part.unsupported
        noHandshake &+= part.noHandshake
        incomplete &+= part.incomplete
        http2 &+= part.http2
        encryptedHellos &+= part.encryptedHellos
        hasLateSecrets = hasLateSecrets || part.hasLateSecrets
    }
}
