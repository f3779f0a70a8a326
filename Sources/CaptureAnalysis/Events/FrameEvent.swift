public import WebSocketProtocol
public import WireFormat

/// A frame of a session.
///
/// Its payload is passed separately: always for control frames, on demand for data frames (unmasked, not inflated).
public struct FrameEvent: Sendable {
    /// The Ping that a Pong answers (RFC 6455 5.5.3).
    public struct Answer: Hashable, Sendable {
        /// The packet that completed the Ping.
        public var pingPacket: UInt64
        /// Nanoseconds from the Ping to the Pong; nil if the capture's clock ran backwards between them.
        public var roundTrip: Int64?
    }

    /// Who sent it.
    public var from: Role
    /// The frame itself.
    public var frame: Frame
    /// The packet with its first byte.
    public var firstPacket: UInt64
    /// How much of its payload is passed with the event.
    public var payload: PayloadStatus
    /// For Close frames: the body; nil if the capture lacks it.
    public var close: CloseBody?
    /// For Pongs that answer a Ping: the answer; nil otherwise.
    public var answer: Answer?
    /// For data frames: the 1-based number of the fragment in its message; 0 for control frames.
    public var fragment: UInt64
    /// Whether it follows a place that was inferred, not proven (``Resync/Confidence``).
    public var isInferred: Bool
    /// The packet with its last byte, and that packet's time.
    ///
    /// Earlier than the event's packet if the byte waited for bytes that came later or never.
    public var origin: Origin
    /// The 0-based number of the frame's message in its direction; nil if it belongs to no message whose start was
    /// seen.
    public var messageIndex: UInt64?
}

/// A data message of a session; its decoded payload is passed separately, as far as demanded.
public struct MessageEvent: Sendable {
    /// Who sent it.
    public var from: Role
    /// The message itself.
    public var message: Message
    /// The packet with its first byte.
    public var firstPacket: UInt64
    /// Whether it follows a place that was inferred, not proven (``Resync/Confidence``).
    public var isInferred: Bool
    /// The packet with its last byte, and that packet's time.
    ///
    /// Earlier than the event's packet if the byte waited for bytes that came later or never.
    public var origin: Origin
    /// The 0-based number of the message in its direction, counting incomplete ones.
    public var index: UInt64
}
