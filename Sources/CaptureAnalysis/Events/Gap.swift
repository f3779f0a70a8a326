public import WebSocketProtocol

/// Bytes of a stream that the capture does not hold.
public struct Gap: Sendable {
    /// Whose stream.
    public var from: Role
    /// Where they would begin: bytes from the first of the stream.
    public var streamOffset: UInt64
    /// How many; nil where that is not known.
    public var length: UInt64?
}
