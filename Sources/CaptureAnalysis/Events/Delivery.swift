public import WebSocketProtocol

/// The last byte of a message was acknowledged, or never will be.
public struct Delivery: Sendable {
    /// What became of the message.
    public enum Outcome: String, Sendable {
        /// The other end's TCP has received it.
        case acknowledged
        /// A reset ended the connection before that.
        case reset
        /// The connection ended before the capture held an acknowledgment.
        case closed
        /// The capture ended, or the connection was not followed any more.
        case captureEnd = "capture-end"
    }

    /// Who sent the message.
    public var from: Role
    /// The packet that completed it (``EventContext/packet`` of its ``MessageEvent``).
    public var messagePacket: UInt64
    /// The packet in which its last byte was first sent: an earlier one if that waited for bytes before it.
    public var lastBytePacket: UInt64
    /// What became of it.
    public var outcome: Outcome
    /// The packet whose acknowledgment covered the last byte; nil if none did.
    public var acknowledgedPacket: UInt64?
    /// Nanoseconds from the last byte's packet to that one; nil if either is not known.
    ///
    /// Negative if the acknowledgment comes first in the capture.
    public var acknowledgedAfter: Int64?
    /// Segments that sent bytes of the message again, up to its acknowledgment.
    public var retransmissions: UInt64
}
