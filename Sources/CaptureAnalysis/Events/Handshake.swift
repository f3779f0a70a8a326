public import WebSocketProtocol
public import WireFormat

/// An upgrade request and its response (RFC 6455 4).
public struct Handshake: Sendable {
    /// Whether the session was opened: the response is a 101 that upgrades to WebSocket.
    public var isAccepted: Bool
    /// The HTTP status; nil if the request was never answered, or the capture lacks the response.
    public var status: Int?
    /// The request's "ws://HOST/PATH"; empty if the capture lacks the request.
    public var url: String
    /// The request target, as in the request line.
    public var target: String
    /// The Host field, without user information; empty if there is none.
    public var host: String
    /// The HTTP version of the request, such as "1.1" or "1.0".
    public var httpVersion: String
    /// The value of Sec-WebSocket-Version; nil if there is none or it is not a number.
    public var version: Int?
    /// The request's header fields, unchanged.
    public internal(set) var requestHeader: HTTPFields
    /// The response's header fields, unchanged; empty if there is no response.
    public internal(set) var responseHeader: HTTPFields
    /// The negotiated subprotocol.
    public var subprotocol: String?
    /// The extensions that the client offered, with their parameters, in its order of preference.
    public var offeredExtensions: [WebSocketExtension]
    /// The negotiated extensions.
    public var extensions: [WebSocketExtension]
    /// Whether Sec-WebSocket-Accept matches the key; nil without a 101, or if the capture lacks the request.
    public var isAcceptValid: Bool?
    /// The packet that completed the request's head; 0 if the capture lacks it.
    public var requestPacket: UInt64
    /// The packet that completed the response's head; nil if there was no response.
    public var responsePacket: UInt64?
    /// Nanoseconds from the request's packet to the response's; nil if either is missing, or if the capture's clock ran
    /// backwards between them.
    public var responseTime: Int64?
    /// Nanoseconds from the capture's first packet to the request's.
    public var requestElapsed: Int64
    /// The request's method: GET, unless the client breaks RFC 6455 4.1; empty if the capture lacks the request.
    public var method: String
    /// The HTTP version of the response, such as "1.1" or "1.0"; nil if there was no response.
    public var responseHTTPVersion: String?
    /// The identity of the session.
    public var identity: SessionIdentity
    /// The value of Sec-WebSocket-Key; nil if there is none.
    public var key: String?
    /// Whether the capture lacks the response: frames show that there was one, or the capture has nothing of the
    /// server's stream, or that stream cannot be decrypted.
    public var isAnswerMissing = false
    /// Whether the response is missing because the server's stream cannot be decrypted.
    public var isAnswerEncrypted = false
}

extension Handshake {
    /// The names of offered extensions that were not negotiated, each once.
    public var refusedExtensions: [String] {
        var passed = Set(extensions.map(\.name))
        return offeredExtensions.map(\.name).filter { passed.insert($0).inserted }
    }
}
