public import WebSocketProtocol

/// A data message of a session; its decoded payload comes beside it, as far as it was asked for.
public struct MessageEvent: Sendable {
    /// Who sent it.
    public var from: Role
    /// The message itself.
    public var message: Message
    /// The packet that its first byte came in.
    public var firstPacket: UInt64
    /// Whether it stands behind a place that was found by evidence, not proof.
    public var isInferred: Bool
}
