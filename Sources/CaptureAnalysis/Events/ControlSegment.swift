public import PacketDecoding
public import WebSocketProtocol

/// A segment that opens, closes or resets a session's connection, or moves an end to another TCP state.
///
/// The opening ones are in ``ConnectionStart``, since they come before the session is known.
public struct ControlSegment: Sendable {
    /// Who sent it.
    public var from: Role
    /// Its control bits.
    public var flags: TCPFlags
    /// Its payload bytes on the wire.
    public var payloadLength: Int
}
