/// A frame that has passed, payload and all.
public struct Frame: Hashable, Sendable {
    /// Its header.
    public var header: FrameHeader
    /// Where the header begins: bytes from the first of its direction's TCP stream.
    public var streamOffset: UInt64
    /// The 0-based number of the frame in its direction.
    public var index: UInt64
    /// How many bytes of the payload the capture does not hold.
    public var missing: UInt64
    /// What the caller knew the bytes by that the header's first was among (``WebSocketStream/origin``).
    public var origin: UInt64 = 0
}
