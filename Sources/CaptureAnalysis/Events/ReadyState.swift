/// The state of an end's WebSocket, in the words of the browser's API (WHATWG WebSockets 3.1).
public enum ReadyState: String, Hashable, Sendable {
    /// The upgrade is not answered yet.
    case connecting
    /// Messages may pass.
    case open
    /// A Close frame was sent or received.
    case closing
    /// The TCP connection is over, or the upgrade failed.
    case closed
}
