public import WebSocketProtocol

/// Bytes of a stream that the capture lacks.
public struct Gap: Sendable {
    /// The end that sent the stream.
    public var from: Role
    /// The offset of the missing bytes, from the first byte of the stream.
    public var streamOffset: UInt64
    /// The number of missing bytes; nil if unknown.
    public var length: UInt64?
}

/// A place where decoding of a stream resumes after a gap.
public struct Resync: Sendable {
    /// How certain the place is.
    public enum Confidence: String, Sendable {
        /// Certain: the length of the frame that the gap cut was known.
        case proven
        /// Inferred from a chain of plausible headers.
        case inferred
    }

    /// The end that sent the stream.
    public var from: Role
    /// The offset of the place, from the first byte of the stream.
    public var streamOffset: UInt64
    /// The packet at which the gap was reported.
    public var gapPacket: UInt64
    /// How certain the place is.
    public var confidence: Confidence
    /// The number of captured bytes given up between the gap and this place.
    public var skipped: UInt64
}
