import WireFormat

/// What must be known about a request to read its response.
struct RequestTraits: OptionSet {
    let rawValue: UInt8

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The method is HEAD: the response has no body.
    static let head = RequestTraits(rawValue: 1)
    /// The method is CONNECT: after 2xx the streams are a tunnel.
    static let connect = RequestTraits(rawValue: 2)
    /// It asks for WebSocket.
    static let webSocket = RequestTraits(rawValue: 4)
    /// It asks for another protocol.
    static let otherUpgrade = RequestTraits(rawValue: 8)

    /// The traits of the request with this head.
    init(_ line: RequestLine, _ facts: HeadFacts, in head: Span<UInt8>) {
        self = head.equals("HEAD", in: line.method) ? .head : []
        if head.equals("CONNECT", in: line.method) {
            insert(.connect)
        } else if facts.asksForWebSocket {
            insert(.webSocket)
        } else if facts.hasUpgrade {
            insert(.otherUpgrade)
        }
    }

    /// Whether the client's bytes after the request mean something else if the request is granted.
    var changesStreams: Bool { !isDisjoint(with: [.connect, .webSocket, .otherUpgrade]) }
}

/// The requests that wait for their responses, first in, first out (RFC 9112 9.3.2); a single one needs no allocation.
struct OutstandingRequests {
    private var others: [RequestTraits] = []
    /// The request that the next response answers.
    private(set) var first: RequestTraits?

    /// The number of requests.
    var count: Int { (first == nil ? 0 : 1) + others.count }

    /// Adds the latest request.
    mutating func append(_ request: RequestTraits) {
        if first == nil {
            first = request
        } else {
            others.append(request)
        }
    }

    /// Removes the request that has been answered.
    mutating func removeFirst() {
        first = others.isEmpty ? nil : others.removeFirst()
    }
}
