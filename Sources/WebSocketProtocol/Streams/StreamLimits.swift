/// Bounds on what one direction of a session keeps and inflates.
///
/// Beyond a bound decoding goes on with less detail.
public struct StreamLimits: Sendable {
    /// Bytes kept of one control frame's payload, of which RFC 6455 5.5 allows 125.
    public var controlPayload = 4096
    /// Bytes kept of one message.
    public var message = 16 << 20
    /// Bytes that one message may inflate to.
    public var inflatedMessage: UInt64 = 256 << 20
    /// Times its compressed size that a message may inflate to, counted once it has passed `ratioThreshold`.
    public var inflateRatio: UInt64 = 256
    /// Inflated bytes below which the ratio does not count.
    public var ratioThreshold: UInt64 = 1 << 20

    /// The documented defaults.
    public init() {}
}
