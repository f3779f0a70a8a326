public import WebSocketProtocol
public import WireFormat

/// The place of TCP bytes that are in no frame.
public enum UnframedPlace: Hashable, Sendable {
    /// On a connection that may still get a session: the bytes that follow in order from `offset` of a stream.
    ///
    /// Bodies of HTTP messages may be left out. `record` is the packet with which the connection was first seen.
    case opening(offset: UInt64, from: Direction, record: UInt64)
    /// In a session that skips them, since they are text after a head, in place of frames.
    case textForFrames(offset: UInt64, from: Role, session: SessionID)
    /// Before the bytes that a session reads next, at `next` of the TCP stream: so far the session has left out this
    /// many out-of-band bytes of the stream.
    case outOfBand(next: UInt64, leftOut: UInt64, from: Role, session: SessionID)
}
