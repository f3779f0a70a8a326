public import WebSocketProtocol
public import WireFormat

/// An upgrade and its answer (RFC 6455 4).
public struct Handshake: Sendable {
    /// Whether the session was opened: answered by 101, to WebSocket.
    public var isAccepted: Bool
    /// The HTTP status; nil when the request was never answered, or the capture lacks the answer.
    public var status: Int?
    /// "ws://HOST/PATH" as the request names it; empty if the capture lacks that.
    public var url: String
    /// The request target as it is in the request line.
    public var target: String
    /// The Host field, without user information; empty if there is none.
    public var host: String
    /// The version of HTTP that the request has: "1.1", "1.0".
    public var httpVersion: String
    /// The value of Sec-WebSocket-Version; nil if there is none or it is no number.
    public var version: Int?
    /// The request's header fields, as they stood.
    public internal(set) var requestHeader: HTTPFields
    /// The response's header fields, as they stood; empty if there is no response.
    public internal(set) var responseHeader: HTTPFields
    /// The negotiated subprotocol.
    public var subprotocol: String?
    /// The extensions that the client offered, with their parameters, in its order of preference.
    public var offeredExtensions: [WebSocketExtension]
    /// The negotiated extensions.
    public var extensions: [WebSocketExtension]
    /// Whether Sec-WebSocket-Accept is the right one for the key; nil unless answered by 101, and if the capture lacks
    /// the request.
    public var isAcceptValid: Bool?
    /// The packet that completed the request's head; 0 if the capture lacks it.
    public var requestPacket: UInt64
    /// The packet that completed the response's head; nil when it was never answered.
    public var responsePacket: UInt64?
    /// Nanoseconds from the request's packet to the response's; nil if one of them is missing, or the capture's clock
    /// ran backwards between them.
    public var responseTime: Int64?
    /// Nanoseconds from the capture's first packet to the request's.
    public var requestElapsed: Int64
    /// The request's method: GET, unless the client is wrong (RFC 6455 4.1); empty if the capture lacks the request.
    public var method: String
    /// The version of HTTP that the response has: "1.1", "1.0"; nil when it was never answered.
    public var responseHTTPVersion: String?
    /// What names the session.
    public var identity: SessionIdentity
    /// The value of Sec-WebSocket-Key; nil if there is none.
    public var key: String?
    /// Whether the capture lacks the answer: frames show that there was one, or the server's stream is not there at
    /// all, or cannot be decrypted.
    public var isAnswerMissing = false
    /// Whether it does since what the server sends cannot be decrypted.
    public var isAnswerEncrypted = false
}

extension Handshake {
    /// The names of the offered extensions that were not negotiated, each once.
    public var refusedExtensions: [String] {
        var passed = Set(extensions.map(\.name))
        return offeredExtensions.map(\.name).filter { passed.insert($0).inserted }
    }
}
