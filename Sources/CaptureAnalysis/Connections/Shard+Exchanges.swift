import HTTPUpgrade
import PacketDecoding
import TCPReassembly
import WireFormat

/// What is reported of clients that poll or listen to event streams because WebSocket is unavailable.
extension Shard {
    /// Reports a request that polls or asks for an event stream, and its response.
    mutating func report(
        _ exchange: ReadExchange, _ opening: Slot<OpeningReader>, of feed: Feed, _ workspace: borrowing Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let client = readers.openings[opening].client
        let event = HTTPExchange(
            exchange, client: table.connections[feed.connection].endpoint(sending: client),
            server: table.connections[feed.connection].endpoint(sending: client.opposite),
            isEncrypted: readers.encryption(of: feed) != nil)
        sink.receive(.exchange(event), at: workspace.context(.none, view: .unknown), payload: Span())
    }
}

/// A plain exchange that was read but not yet reported.
struct ReadExchange {
    /// The request and the response, as HTTP messages.
    let heads: PlainExchange
    /// When the request was complete.
    let asked: HeadMoment
    /// The packet that completed the response.
    let answered: Origin

    init(_ heads: PlainExchange, asked: HeadMoment, answered: Origin) {
        self.heads = heads
        self.asked = asked
        self.answered = answered
    }
}

extension HTTPExchange {
    /// The event of an exchange.
    init(_ exchange: ReadExchange, client: Endpoint, server: Endpoint, isEncrypted: Bool) {
        let (request, response) = (exchange.heads.request, exchange.heads.response)
        self.client = client
        self.server = server
        heads = HTTPHeads(
            method: request.method, url: request.plainURL(on: server, isEncrypted: isEncrypted), target: request.target,
            httpVersion: request.httpVersion, requestHeader: request.header, status: response.status,
            responseHTTPVersion: response.httpVersion, responseHeader: response.header)
        isEventStream = exchange.heads.isEventStream
        requestElapsed = exchange.asked.elapsed
        responseTime = exchange.answered.time.nanoseconds(since: exchange.asked.origin.time)
    }
}

extension HTTPRequest {
    /// The URL "http://HOST/PATH" or "https://HOST/PATH"; without a Host field, the server's address takes the host's
    /// place (RFC 9112 3.3).
    fileprivate func plainURL(on server: Endpoint, isEncrypted: Bool) -> String {
        if host.isEmpty, target.hasPrefix("/") { return (isEncrypted ? "https://" : "http://") + "\(server)\(target)" }
        guard url.hasPrefix("ws:") else { return "https" + url.dropFirst("wss".count) }
        return (isEncrypted ? "https" : "http") + url.dropFirst("ws".count)
    }
}
