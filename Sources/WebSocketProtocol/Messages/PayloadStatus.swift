/// Why the bytes of a payload are not shown.
public enum PayloadWithheld: String, Hashable, Sendable {
    /// The compression context that the payload needs was lost, or the compressed data is broken.
    case contextLost = "context-lost"
    /// The payload inflates beyond the bounds on size or ratio.
    case bomb
    /// Bytes of it are missing, or its session ended before it did.
    case incomplete
    /// It is in a form of an extension that was negotiated and is not decoded (RFC 6455 9.2).
    case undecodedExtension = "undecoded-extension"
}

/// How much of a payload is at hand.
public enum PayloadStatus: Hashable, Sendable {
    /// All of it.
    case whole
    /// Its beginning, up to the bytes asked for or a limit.
    case truncated
    /// Nothing, for a reason.
    case withheld(PayloadWithheld)
}
