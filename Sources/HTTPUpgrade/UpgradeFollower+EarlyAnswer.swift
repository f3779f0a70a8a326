import WireFormat

/// A response to an upgrade that stands first in the capture: its request may be lost, or only be captured after it.
///
/// It waits for what the connection brings next: that request, or anything else, such as a second segment of the
/// server.
extension UpgradeFollower {
    /// Whether such a response waits for its request.
    enum EarlyAnswer {
        case none
        case waits
        /// It counts without a request.
        case stands
    }

    /// The longest head in several pieces that waits.
    static var longestWaitingHead: Int { 4096 }

    /// Whether a response waits for its request.
    package var awaitsRequest: Bool { earlyAnswer == .waits }

    /// Whether one counts without its request.
    package var hasEarlyAnswer: Bool { earlyAnswer == .stands }

    /// Lets a response count that waits for its request: what came next is something else.
    ///
    /// - Returns: Whether one has waited.
    package mutating func stopAwaitingRequest() -> Bool {
        guard earlyAnswer == .waits else { return false }
        earlyAnswer = .stands
        return true
    }

    /// Whether bytes of the other end show that its request is not what comes next: then they wait for the response.
    mutating func endsWait(_ bytes: Span<UInt8>, _ direction: Direction) -> Bool {
        let isHead = streams[direction.index].head.count > 0 || bytes.beginsRequest || bytes.beginsResponse
        return !isHead && stopAwaitingRequest()
    }

    /// Whether a head that begins a piece is such a response, and must wait.
    mutating func mustAwaitRequest(_ head: Span<UInt8>, _ direction: Direction) -> Bool {
        let other = direction.opposite.index
        switch earlyAnswer {
        case .stands: return false
        case .waits:
            // Its request may go on in the next segment.
            guard pendingRequest == nil, streams[other].head.count > 0 else {
                earlyAnswer = .stands
                return false
            }
            return true
        case .none:
            guard mayAwaitRequest, pendingRequest == nil, client == nil, !hasBytes[other], let line = StatusLine(head),
                unaskedAnswer(line, HeadFacts(head, after: line.end), head) != nil
            else { return false }
            earlyAnswer = .waits
            return true
        }
    }
}

extension Span<UInt8> {
    /// Whether they begin with a response, as far as they go (RFC 9112 4).
    fileprivate var beginsResponse: Bool {
        var first = FirstBytes()
        first.read(self, from: 0)
        return first.kind == .response
    }
}
