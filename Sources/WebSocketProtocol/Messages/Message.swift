/// A data message (RFC 6455 5.4, 5.6): one frame or several.
public struct Message: Hashable, Sendable {
    /// Whether it is text; else binary.
    public var isText: Bool
    /// Where its first frame's header begins: bytes from the first of its direction's TCP stream.
    public var streamOffset: UInt64
    /// Whether all of its frames and all of their bytes were seen.
    public var isComplete: Bool
    /// How many frames it came in.
    public var frames: UInt64
    /// Whether it was compressed (RFC 7692 6: RSV1 on the first frame, where that was negotiated).
    public var isCompressed: Bool
    /// The payload bytes on the wire, as far as the frames' headers tell.
    public var wireLength: UInt64
    /// The decoded bytes; nil where they cannot be known.
    public var length: UInt64?
    /// How much of the payload is at hand.
    public var payload: PayloadStatus
    /// Whether a text payload is UTF-8 throughout; true for binary ones, and where it cannot be known.
    public var isValidUTF8: Bool
}
