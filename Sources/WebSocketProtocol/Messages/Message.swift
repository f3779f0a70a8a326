/// A data message (RFC 6455 5.4, 5.6): one frame or several.
public struct Message: Hashable, Sendable {
    /// Whether it is text; if not, it is binary.
    public var isText: Bool
    /// Where its first frame's header begins: bytes from the first of its direction's TCP stream.
    public var streamOffset: UInt64
    /// Whether all of its frames and all of their bytes were seen.
    public var isComplete: Bool
    /// How many frames it came in.
    public var frameCount: UInt64
    /// Whether it was compressed (RFC 7692 6: RSV1 on the first frame, if compression was negotiated).
    public var isCompressed: Bool
    /// The payload bytes on the wire, as far as the frames' headers tell.
    public var wireLength: UInt64
    /// How many bytes it has once decoded; nil if that cannot be known.
    public var length: UInt64?
    /// How much of the payload is available.
    public var payload: PayloadStatus
    /// Whether a text payload is valid UTF-8; true for binary messages, and if it cannot be known.
    public var isValidUTF8: Bool
}

/// Why the bytes of a payload are not shown.
public enum PayloadWithheld: String, Hashable, Sendable {
    /// The compression context that the payload needs was lost, or the compressed data is broken.
    case contextLost = "context-lost"
    /// The payload inflates beyond the limits on size or ratio.
    case bomb
    /// Bytes of it are missing, or its session ended before it did.
    case incomplete
    /// It is in a form of an extension that was negotiated and is not decoded (RFC 6455 9.2).
    case undecodedExtension = "undecoded-extension"
}

/// How much of a payload is available.
public enum PayloadStatus: Hashable, Sendable {
    /// All of it.
    case whole
    /// Its beginning, up to what was demanded or a limit.
    case truncated
    /// None of it, for a reason.
    case withheld(PayloadWithheld)
}
