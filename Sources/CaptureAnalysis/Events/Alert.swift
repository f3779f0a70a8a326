public import WebSocketProtocol

/// An alert of TLS, inside a connection that is decrypted (RFC 8446 6).
public struct Alert: Hashable, Sendable {
    /// Who sent it.
    public var from: Role
    /// Its name in the RFC, "close_notify".
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

    /// Whether it says that its sender sends nothing more (RFC 8446 6.1).
    public var isCloseNotify: Bool { code == 0 }
}
