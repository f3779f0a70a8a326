public import WebSocketProtocol
public import WireFormat

/// Where bytes of TCP streams stand that are in no frame.
public enum UnframedPlace: Hashable, Sendable {
    /// On a connection that may still come to carry a session: what is next in order from `offset` of a stream on.
    /// Bodies of HTTP messages may be left out. `record` is the packet that the connection was first seen with.
    case opening(offset: UInt64, from: Direction, record: UInt64)
    /// In a session that passes over them, since they are text that follows a head in place of frames.
    case textForFrames(offset: UInt64, from: Role, session: SessionID)
    /// Before what a session reads next, at `next` of the TCP stream: so far the session has left out as many bytes of
    /// it, since they were sent out of band.
    case outOfBand(next: UInt64, leftOut: UInt64, from: Role, session: SessionID)
}
