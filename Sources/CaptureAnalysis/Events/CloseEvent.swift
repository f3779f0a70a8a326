public import WebSocketProtocol

/// The `close` event that an end's application gets, or will get once its TCP connection is over (WHATWG WebSockets 4).
public struct CloseEvent: Hashable, Sendable {
    /// The code of the first Close frame that the end received; 1005 if that had none, 1006 if there was none or the
    /// end failed the connection (RFC 6455 7.1.5).
    public var code: CloseCode
    /// The reason in that frame; empty if there is none, nil if it is not UTF-8 (RFC 6455 7.1.6).
    public var reason: String?
    /// Whether the end sent a Close frame and received one (RFC 6455 7.1.4); nil if a gap hides that.
    public var wasClean: Bool?

    /// Creates an event.
    public init(code: CloseCode, reason: String?, wasClean: Bool?) {
        self.code = code
        self.reason = reason
        self.wasClean = wasClean
    }

    /// The event of an end that received no Close frame, or failed the connection.
    static let abnormal = CloseEvent(code: .abnormalClosure, reason: "", wasClean: false)
}

/// The state of an end's WebSocket, in the terms of the browser API (WHATWG WebSockets 3.1).
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
