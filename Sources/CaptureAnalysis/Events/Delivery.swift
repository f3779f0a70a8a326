public import WebSocketProtocol

/// The acknowledgment of a message's last byte, or the end of waiting for it.
public struct Delivery: Sendable {
    /// What happened to the message.
    public enum Outcome: String, Sendable {
        /// The other end's TCP has received it.
        case acknowledged
        /// A RST ended the connection before that.
        case reset
        /// The connection ended before an acknowledgment was captured.
        case closed
        /// The capture ended, or the connection was no longer followed.
        case captureEnd = "capture-end"
    }

    /// Who sent the message.
    public var from: Role
    /// The packet that completed it (``EventContext/packet`` of its ``MessageEvent``).
    public var messagePacket: UInt64
    /// The packet in which its last byte was first sent: earlier if that byte waited for bytes before it.
    public var lastBytePacket: UInt64
    /// What happened to the message.
    public var outcome: Outcome
    /// The packet whose acknowledgment covered the last byte; nil if none did.
    public var acknowledgedPacket: UInt64?
    /// Nanoseconds from the last byte's packet to that one; nil if either is unknown.
    ///
    /// Negative if the capture has the acknowledgment first.
    public var acknowledgedAfter: Int64?
    /// Segments that retransmitted bytes of the message before it was acknowledged.
    public var retransmissions: UInt64
}
