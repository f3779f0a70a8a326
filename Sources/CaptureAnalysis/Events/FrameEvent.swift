public import WebSocketProtocol
public import WireFormat

/// A frame of a session.
///
/// Its payload comes beside it: of control frames always, of data frames when asked for (unmasked, not inflated).
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
    /// The packet that its first byte came in.
    public var firstPacket: UInt64
    /// How much of its payload comes with the event.
    public var payload: PayloadStatus
    /// On Close frames: what it says; nil if the capture lacks it.
    public var close: CloseBody?
    /// On Pongs that answer a Ping: which.
    public var answer: Answer?
    /// On data frames: the 1-based number of the fragment in its message; 0 on control frames.
    public var fragment: UInt64
    /// Whether it follows a place that was found by evidence, not proof.
    public var isInferred: Bool
    /// The packet that its last byte came in, and that packet's time.
    ///
    /// An earlier one than the event's, if the byte waited for others that came later or not at all.
    public var origin: Origin
    /// The 0-based number, in its direction, of the message that the frame belongs to; nil if it belongs to none that
    /// was seen to begin.
    public var messageIndex: UInt64?
}

/// A data message of a session; its decoded payload comes beside it, as far as it was asked for.
public struct MessageEvent: Sendable {
    /// Who sent it.
    public var from: Role
    /// The message itself.
    public var message: Message
    /// The packet that its first byte came in.
    public var firstPacket: UInt64
    /// Whether it follows a place that was found by evidence, not proof.
    public var isInferred: Bool
    /// The packet that its last byte came in, and that packet's time.
    ///
    /// An earlier one than the event's, if the byte waited for others that came later or not at all.
    public var origin: Origin
    /// The 0-based number of the message in its direction, incomplete ones included.
    public var index: UInt64
}
