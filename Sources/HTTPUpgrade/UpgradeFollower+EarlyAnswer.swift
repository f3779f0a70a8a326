import WireFormat

/// An upgrade response that comes first in the capture: its request may be lost, or captured after it.
///
/// It waits for what the connection brings next: that request, or anything else, such as a second segment of the
/// server.
extension UpgradeFollower {
    /// The longest head in several pieces that may wait.
    static var longestWaitingHead: Int { 4096 }

    /// Whether a response waits for its request.
    package var awaitsRequest: Bool { missing.earlyAnswer == .waits }

    /// Whether a response counts without its request.
    package var hasEarlyAnswer: Bool { missing.earlyAnswer == .stands }

    /// Lets a response that waits for its request count, since what came next is something else.
    ///
    /// - Returns: Whether one was waiting.
    package mutating func stopAwaitingRequest() -> Bool {
        guard missing.earlyAnswer == .waits else { return false }
        missing.earlyAnswer = .stands
        return true
    }

    /// Whether bytes of the other end show that the request does not come next.
    ///
    /// They then wait for the response.
    mutating func endsWait(_ bytes: Span<UInt8>, _ direction: Direction) -> Bool {
        let isHead = streams[direction.index].head.count > 0 || bytes.beginsRequest || bytes.beginsResponse
        return !isHead && stopAwaitingRequest()
    }

    /// Whether a head that begins a piece is such a response and must wait.
    mutating func mustAwaitRequest(_ head: Span<UInt8>, _ direction: Direction) -> Bool {
        let other = direction.opposite
        switch missing.earlyAnswer {
        case .none, .stands: return false
        case .waits:
            // Its request may continue in the next segment.
            guard pendingRequest == nil, streams[other.index].head.count > 0 else {
                missing.earlyAnswer = .stands
                return false
            }
            return true
        case .allowed:
            guard pendingRequest == nil, client == nil, !history.hasBytes(other), let line = StatusLine(head),
                unaskedAnswer(line, HeadFacts(head, after: line.end), head) != nil
            else { return false }
            missing.earlyAnswer = .waits
            return true
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes begin with a response, as far as they go (RFC 9112 4).
    fileprivate var beginsResponse: Bool {
        var first = FirstBytes()
        first.read(self, from: 0)
        return first.kind == .response
    }
}
