public import WebSocketProtocol

/// What the `close` event of an end's application shows, or will show when its TCP connection is over (WHATWG
/// WebSockets 4).
public struct CloseEvent: Hashable, Sendable {
    /// The code of the first Close frame that the end received; 1005 where that had none, 1006 where there was none or
    /// the end has failed the connection (RFC 6455 7.1.5).
    public var code: CloseCode
    /// The reason in that frame; empty where there is none, nil where it is not UTF-8 (RFC 6455 7.1.6).
    public var reason: String?
    /// Whether the end has sent a Close frame and received one (RFC 6455 7.1.4); nil where a gap hides that.
    public var wasClean: Bool?

    /// Makes an event.
    public init(code: CloseCode, reason: String?, wasClean: Bool?) {
        self.code = code
        self.reason = reason
        self.wasClean = wasClean
    }

    /// Of an end that received no Close frame, or failed the connection.
    static let abnormal = CloseEvent(code: .abnormalClosure, reason: "", wasClean: false)
}
