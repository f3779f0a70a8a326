/// How far one stream of HTTP messages has been read.
struct MessageStream {
    /// What the next byte belongs to.
    enum Place {
        /// A head, or the empty lines before it.
        case head
        /// A body with this many bytes to come, at least one.
        case body(remaining: UInt64)
        /// A body in the chunked coding.
        case chunked(ChunkedBody)
        /// A body that ends with the connection.
        case untilClose
    }

    /// What the next byte belongs to.
    var place = Place.head
    /// The head being read.
    var head = HeadCollector()

    /// Whether the next byte is the first of a message.
    var isBetweenMessages: Bool {
        if case .head = place { !head.firstBytes.hasBegun } else { false }
    }

    /// Skips bytes that the capture lacks, `length` of them if that is known; false if the end of the message cannot
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
        default: return false
        }
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
