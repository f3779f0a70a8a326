/// How far one stream of HTTP messages has been read.
struct MessageStream {
    /// What the next byte belongs to.
    enum Place {
        /// A head, or the empty lines before it.
        case head
        /// Bytes of no known kind before the first head.
        case preamble(Preamble)
        /// A body with this many bytes to come, at least one.
        case body(remaining: UInt64)
        /// A body in the chunked coding.
        case chunked(ChunkedBody)
        /// A body that ends with the connection.
        case untilClose
    }

    /// What the next byte belongs to.
    var place = Place.head
    /// The head being read, or what may be its first line after a preamble.
    var head = HeadCollector()

    /// Whether the next byte is the first of a message.
    var isBetweenMessages: Bool {
        if case .head = place { !head.firstBytes.hasBegun } else { false }
    }

    /// Skips bytes missing from the capture, `length` of them if that is known; false if the end of the message cannot
    /// be found after them.
    mutating func skip(_ length: UInt64?) -> Bool {
        switch (place, length) {
        case (.untilClose, _): return true
        case (.body(let remaining), let length?) where length <= remaining:
            enterBody(.length(remaining - length))
            return true
        case (.chunked(var body), let length?):
            guard body.skip(length) else { return false }
            place = .chunked(body)
            return true
        case (.preamble(var preamble), let length?):
            preamble.skip(length)
            place = .preamble(preamble)
            head = HeadCollector()
            return true
        default: return false
        }
    }

    /// Looks only for heads from here on, since the ends of messages are unknown; continues a head that has begun.
    mutating func enterSearch() {
        if case .preamble = place { head = HeadCollector() }
        place = .head
    }

    /// Reads nothing more; keeps what was taken for a head, up to `limit` bytes, for the protocol that follows.
    mutating func finish(keeping limit: Int) {
        let isHead = if case .preamble = place { false } else { head.count <= limit }
        self = MessageStream(head: isHead ? head : HeadCollector())
    }

    /// Enters the body after a head; `framing` is not `broken`.
    mutating func enterBody(_ framing: BodyFraming) {
        switch framing {
        case .length(0), .broken: place = .head
        case .length(let length): place = .body(remaining: length)
        case .chunked: place = .chunked(ChunkedBody())
        case .untilClose: place = .untilClose
        }
    }
}

/// What marks the end of a message's body (RFC 9112 6.3).
enum BodyFraming: Equatable {
    /// A number of bytes.
    case length(UInt64)
    /// The last chunk (RFC 9112 7.1).
    case chunked
    /// The end of the connection.
    case untilClose
    /// None: the fields cannot be relied on.
    case broken

    /// The framing of a request.
    init(ofRequest facts: HeadFacts, isHTTP10: Bool) {
        self.init(facts, isHTTP10: isHTTP10, otherCoding: .broken, nothing: .length(0))
    }

    /// The framing of a final or interim response to a request that is not CONNECT with status 2xx.
    init(ofResponse facts: HeadFacts, status: Int, toHEAD: Bool, isHTTP10: Bool) {
        // RFC 9112 6.3, item 1.
        if toHEAD || status < 200 || status == 204 || status == 304 {
            self = .length(0)
        } else {
            // RFC 9112 6.3, item 8.
            self.init(facts, isHTTP10: isHTTP10, otherCoding: .untilClose, nothing: .untilClose)
        }
    }

    /// Items 3 to 7; `otherCoding` is what a last transfer coding that is not chunked means.
    private init(_ facts: HeadFacts, isHTTP10: Bool, otherCoding: BodyFraming, nothing: BodyFraming) {
        if facts.hasTransferEncoding {
            // RFC 9112 6.1: HTTP/1.0 has no transfer codings; such framing is faulty.
            self = isHTTP10 ? .broken : facts.isChunked ? .chunked : otherCoding
        } else {
            switch facts.contentLength {
            case .absent: self = nothing
            case .bytes(let length): self = .length(length)
            case .invalid: self = .broken
            }
        }
    }
}
