public import PacketDecoding
import WireFormat

/// A request of a client that has no WebSocket, and its answer: it polls, or listens to an event stream.
public struct HTTPExchange: Sendable {
    /// The end that asks.
    public var client: Endpoint
    /// The other end.
    public var server: Endpoint
    /// The request and its answer, in the form of an upgrade that was refused; `url` begins with "http".
    public var heads: Handshake

    /// Whether the answer is an event stream; else the request polls.
    public var isEventStream: Bool {
        heads.responseHeader.all.contains {
            $0.name.lowercased() == "content-type" && $0.value.lowercased().hasPrefix("text/event-stream")
        }
    }
}
