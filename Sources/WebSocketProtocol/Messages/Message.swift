/// A data message (RFC 6455 5.4, 5.6), of one frame or several.
public struct Message: Hashable, Sendable {
    /// Whether it is text rather than binary.
    public var isText: Bool
    /// The stream offset of its first frame's header: bytes from the first byte of its direction's TCP stream.
    public var streamOffset: UInt64
    /// Whether all of its frames and all of their bytes were seen.
    public var isComplete: Bool
    /// The number of its frames.
    public var frameCount: UInt64
    /// Whether it was compressed (RFC 7692 6: RSV1 on the first frame, if compression was negotiated).
    public var isCompressed: Bool
    /// The payload bytes on the wire, as claimed by the frames' headers.
    public var wireLength: UInt64
    /// The length in bytes after decoding; nil if unknown.
    public var length: UInt64?
    /// How much of the payload is available.
    public var payload: PayloadStatus
    /// Whether a text payload is valid UTF-8; true for binary messages, and if unknown.
    public var isValidUTF8: Bool
}

/// Why the bytes of a payload are not shown.
public enum PayloadWithheld: String, Hashable, Sendable {
    /// The compression context that the payload needs was lost, or the compressed data is broken.
    case contextLost = "context-lost"
    /// The payload inflates beyond the limits on size or ratio.
    case bomb
    /// Bytes of the payload are missing, or its session ended before it did.
    case incomplete
    /// The payload is in a form defined by a negotiated extension that is not decoded (RFC 6455 9.2).
    case undecodedExtension = "undecoded-extension"
}

/// How much of a payload is available.
public enum PayloadStatus: Hashable, Sendable {
    /// All of it.
    case whole
    /// Its start, up to the demanded length or a limit.
    case truncated
    /// None of it, for a reason.
    case withheld(PayloadWithheld)
}
