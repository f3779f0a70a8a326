package import TLSDecryption

/// What protects a connection: TLS.
public struct Encryption: Hashable, Sendable {
    /// The version, "1.3"; nil if its hello is not in the capture.
    public var version: String?
    /// The cipher suite, by IANA's name.
    public var cipherSuite: String?
    /// The server that the client asked for (SNI).
    public var serverName: String?
    /// The application protocol that both agreed on (ALPN).
    public var applicationProtocol: String?
    /// Whether both directions could be decrypted so far.
    public var isDecrypted: Bool
    /// Whether an earlier session was resumed.
    public var isResumed: Bool
    /// The random of the ClientHello, which names the connection in key logs; nil if that is not known.
    package var clientRandom: Random?
}

/// TLS connections by what could be decrypted of them, and why not.
public struct EncryptedConnections: Hashable, Sendable {
    /// All connections with TLS.
    public var total: UInt64 = 0
    /// Connections of which records were decrypted, in one direction at least.
    public var decrypted: UInt64 = 0
    /// Connections not decrypted for lack of a key log, and of any secrets in the capture.
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
    /// Whether secrets came with packets: those before them may have needed them.
    public var hasLateSecrets = false
}

extension EncryptedConnections {
    /// Adds the same of a part.
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
