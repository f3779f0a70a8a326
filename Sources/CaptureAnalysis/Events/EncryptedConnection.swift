public import PacketDecoding
import TLSDecryption

/// A TLS connection that is over and was not decrypted.
public struct EncryptedConnection: Hashable, Sendable {
    /// Why nothing was decrypted.
    public enum Obstacle: Hashable, Sendable {
        /// There is no key log, nor any secrets in the capture.
        case noKeyLog
        /// No key log has its client random.
        case noSecret
        /// Its secrets do not fit.
        case wrongSecret
        /// A cipher, version or compression that is not decrypted.
        case unsupported
        /// Its handshake is not in the capture, and is needed.
        case noHandshake
        /// It ended before there was something to decrypt.
        case incomplete
    }

    /// The end that began to speak TLS.
    public var client: Endpoint
    /// The other end.
    public var server: Endpoint
    /// What protects it.
    public var encryption: Encryption
    /// The application protocols that the client offered, the first few: TLS 1.3 encrypts the choice.
    public var offeredProtocols: [String]
    /// Whether the true ClientHello may be encrypted (ECH): the server's name is then that of a front.
    public var hasEncryptedHello: Bool
    /// Why nothing was decrypted.
    public var obstacle: Obstacle
    /// Payload bytes of TCP from the client.
    public var bytesFromClient: UInt64
    /// Payload bytes of TCP from the server.
    public var bytesFromServer: UInt64
    /// Nanoseconds from its first packet to its last.
    public var duration: Int64
    /// Whether it was seen to open.
    public var opensInCapture: Bool
    /// Nanoseconds without a packet before the end; nil if they are less than a second, or not known.
    public var silence: Int64?
    /// Who ended it.
    public var by: SessionEnd.Verdict.Party
    /// How: never by a Close frame, which would not be seen.
    public var layer: SessionEnd.Verdict.Layer
    /// The alert that ended it, if that was not encrypted.
    public var alert: Alert?
}

extension EncryptedConnection.Obstacle {
    init(_ obstacle: TLSFacts.Obstacle) {
        self =
            switch obstacle {
            case .noKeyLog: .noKeyLog
            case .noSecret: .noSecret
            case .wrongSecret: .wrongSecret
            case .unsupported, .renegotiation: .unsupported
            case .noHandshake: .noHandshake
            case .incomplete: .incomplete
            }
    }
}
