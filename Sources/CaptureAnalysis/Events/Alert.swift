public import WebSocketProtocol

/// A TLS alert in a decrypted connection (RFC 8446 6).
public struct Alert: Hashable, Sendable {
    /// Who sent it.
    public var from: Role
    /// Its name in the RFC, such as "close_notify".
    public var name: String
    /// Its number.
    public var code: UInt8
    /// Whether it ends the connection at once.
    public var isFatal: Bool

    /// Creates an alert.
    public init(from role: Role, name: String, code: UInt8, isFatal: Bool) {
        from = role
        self.name = name
        self.code = code
        self.isFatal = isFatal
    }

    /// Whether its sender will send nothing more (RFC 8446 6.1).
    public var isCloseNotify: Bool { code == 0 }
}
