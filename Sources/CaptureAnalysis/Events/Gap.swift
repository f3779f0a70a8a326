public import WebSocketProtocol

/// Bytes of a stream that the capture does not hold.
public struct Gap: Sendable {
    /// Which end sent the stream.
    public var from: Role
    /// Where they would begin: bytes from the first of the stream.
    public var streamOffset: UInt64
    /// How many; nil if that is not known.
    public var length: UInt64?
}

/// Decoding of a stream goes on after a gap.
public struct Resync: Sendable {
    /// How sure the place is.
    public enum Confidence: String, Sendable {
        /// The length of the frame that the gap cut was known.
        case proven
        /// By a chain of plausible headers.
        case inferred
    }

    /// Which end sent the stream.
    public var from: Role
    /// Where it goes on: bytes from the first of the stream.
    public var streamOffset: UInt64
    /// The packet at which the gap was reported.
    public var gapPacket: UInt64
    /// How sure that is.
    public var confidence: Confidence
    /// The captured bytes given up between the gap and this place.
    public var skipped: UInt64
}
