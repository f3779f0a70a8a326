/// What marks the end of a message's body (RFC 9112 6.3).
enum BodyFraming: Equatable {
    /// A number of bytes.
    case length(UInt64)
    /// The last chunk (RFC 9112 7.1).
    case chunked
    /// The end of the connection.
    case untilClose
    /// Nothing can be relied on.
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
