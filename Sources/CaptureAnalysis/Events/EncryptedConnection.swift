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
        /// Its cipher, version or compression is not supported.
        case unsupported
        /// Its handshake is needed, but not in the capture.
        case noHandshake
        /// It ended before there was anything to decrypt.
        case incomplete
    }

    /// The end that sent the first TLS record.
    public var client: Endpoint
    /// The other end.
    public var server: Endpoint
    /// The TLS parameters.
    public var encryption: Encryption
    /// The first few application protocols that the client offered: TLS 1.3 encrypts the choice.
    public var offeredProtocols: [String]
    /// Whether the true ClientHello may be encrypted (ECH): then the server name is only that of the client-facing
    /// server.
    public var hasEncryptedHello: Bool
    /// Why nothing was decrypted.
    public var obstacle: Obstacle
    /// TCP payload bytes from the client.
    public var bytesFromClient: UInt64
    /// TCP payload bytes from the server.
    public var bytesFromServer: UInt64
    /// Nanoseconds from its first packet to its last.
    public var duration: Int64
    /// Whether its opening was seen.
    public var opensInCapture: Bool
    /// Nanoseconds without a packet before the end; nil if less than a second, or unknown.
    public var silence: Int64?
    /// Who ended it.
    public var by: SessionEnd.Verdict.Party
    /// What ended it: never a Close frame, which could not be seen.
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
