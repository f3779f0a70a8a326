/// What the requests of a connection say about their responses.
struct Exchanges: Sendable {
    /// The Sec-WebSocket-Accept for a key, and what replaces it.
    struct Accept: Sendable {
        var original: [UInt8]
        var replacement: [UInt8]
    }

    /// The answers to the last keys.
    private(set) var accepts: [Accept] = []
    /// For each request that waits for a response, first in, first out: whether it is HEAD.
    ///
    /// Nil if it is unknown which of them a response answers, because there were too many or one may be lost.
    private var requests: [Bool]? = []

    private static var maximumRequests: Int { 64 }

    /// Adds the answer to a key.
    mutating func add(_ accept: Accept) {
        accepts.append(accept)
        if accepts.count > 8 { accepts.removeFirst() }
    }

    /// Adds a request.
    mutating func addRequest(isHEAD: Bool) {
        requests?.append(isHEAD)
        if requests?.count ?? 0 > Self.maximumRequests { requests = nil }
    }

    /// Records that a request or a response may have been lost.
    mutating func forgetRequests() {
        requests = nil
    }

    /// Whether the next response has no body, whatever its head says, since its request was HEAD (RFC 9112 6.3); nil if
    /// the request is missing from the capture.
    ///
    /// - Parameter status: The response's status: interim responses answer nothing (RFC 9110 15.2).
    /// - Returns: Whether it has none.
    mutating func answersHEAD(status: String) -> Bool? {
        guard let first = requests?.first else { return nil }
        if !status.hasPrefix("1") || status == "101" { requests?.removeFirst() }
        return first
    }
}
