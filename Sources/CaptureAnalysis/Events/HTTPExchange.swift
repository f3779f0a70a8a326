public import PacketDecoding
public import WireFormat

/// A request of a client without WebSocket, and its response: it polls, or listens to an event stream.
public struct HTTPExchange: Sendable {
    /// The end that sent the request.
    public var client: Endpoint
    /// The other end.
    public var server: Endpoint
    /// The request and the response.
    public var heads: HTTPHeads
    /// Whether the response begins an event stream; if not, the request polls.
    public var isEventStream: Bool
    /// Nanoseconds from the capture's first packet to the request's.
    public var requestElapsed: Int64
    /// Nanoseconds from the request's packet to the response's; negative if the response has the earlier time.
    public var responseTime: Int64
}

/// The heads of a request and of its final response (RFC 9112 2.1).
public struct HTTPHeads: Sendable {
    /// The method.
    public var method: String
    /// The requested URL, with its scheme; empty if the capture lacks the request.
    public var url: String
    /// The request target, as in the request line.
    public var target: String
    /// The HTTP version of the request, such as "1.1" or "1.0".
    public var httpVersion: String
    /// The request's header fields, unchanged.
    public var requestHeader: HTTPFields
    /// The status; nil if the request was never answered, or the capture lacks the response.
    public var status: Int?
    /// The HTTP version of the response; nil in the same cases.
    public var responseHTTPVersion: String?
    /// The response's header fields, unchanged; empty if there is no response.
    public var responseHeader: HTTPFields
}

extension Handshake {
    /// The request and the response; the status is 101 if frames show that the server accepted, though the capture
    /// lacks its response.
    package var heads: HTTPHeads {
        HTTPHeads(
            method: method, url: url, target: target, httpVersion: httpVersion, requestHeader: requestHeader,
            status: status ?? (isAccepted ? 101 : nil), responseHTTPVersion: responseHTTPVersion,
            responseHeader: responseHeader)
    }
}
