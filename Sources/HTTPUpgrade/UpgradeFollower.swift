package import WireFormat

/// Follows the two byte streams of a connection from their beginning, through HTTP/1.1 exchanges (RFC 9112) and
/// proxies, to the upgrade that makes them WebSocket (RFC 6455 4), or to another protocol.
///
/// It is fed pieces of either stream in the order of the capture. However the streams are cut, the outcomes stand at
/// the same offsets. A stream that cannot be understood before the other one has moved waits, and its bytes stay with
/// the caller. It keeps no bytes but those of an incomplete head, and hands these over if they turn out to belong to
/// the protocol that follows (``takeHandover(of:)``).
///
/// Up to 4 KiB of no known kind may stand before the first request, and before the first response: see ``Preamble``.
///
/// Once bytes are lost so that the ends of messages can no longer be found, or if the capture begins in the middle,
/// both streams are *searched*: heads count only at the start of a piece (which should be the start of a TCP segment),
/// with a method and a space or "HTTP/", and an upgrade counts as accepted only if Sec-WebSocket-Accept proves it.
package struct UpgradeFollower: Sendable {
    package typealias Limits = UpgradeLimits

    /// How the streams are read.
    enum Phase {
        /// Message by message, from the first byte.
        case following
        /// As an exchange with a SOCKS proxy.
        case proxy(SOCKSStep)
        /// For heads at the start of pieces.
        case searching
        /// No longer.
        case finished(Ending)
    }

    let limits: Limits
    /// The two streams, by direction.
    var streams: [2 of MessageStream] = [MessageStream(), MessageStream()]
    var outstanding = OutstandingRequests()
    /// The upgrade request without an answer so far.
    package internal(set) var pendingRequest: UpgradeRequest?
    /// The incomplete message of an exchange with a proxy, or what may be a request line after a preamble.
    var proxyMessage: [UInt8] = []
    /// The last head of the PROXY protocol, without its TLVs; empty if there was none.
    package internal(set) var proxyHeader: [UInt8] = []
    var phase: Phase
    /// How often the latest path was asked for in a row.
    var polls = RepeatedRequests()
    /// Whether the client's stream must wait, once between messages, for the answer to its latest request.
    var isAwaitingAnswer = false
    /// How many proxies have been passed; the count stops at its highest value.
    var proxies: UInt8 = 0
    /// Who asked the last of them for a tunnel, and so is the client in it.
    var tunnelClient: Direction?

    /// The direction of the requests; nil while unknown.
    ///
    /// While searching, that of the latest one.
    package internal(set) var client: Direction?
    /// What the exchanges so far were like.
    package internal(set) var traffic: HTTPTraffic = []
    /// Whether a gap may have swallowed the answer to `pendingRequest`: the streams may be frames already.
    package internal(set) var isAnswerHidden = false
    /// Whether the capture lacks the client's stream, so that responses stand alone.
    private(set) var isRequestHidden = false
    /// Whether a gap that waits holds the request to the next answer.
    package internal(set) var isRequestInGap = false
    /// Whether a request was answered, so that nothing else than HTTP may stand before an answer any more.
    var hasAnswer = false
    /// Whether a stream's first head was searched for after something else, by direction.
    var hasPreamble: [2 of Bool] = [false, false]
    /// Whether what comes next was captured before the pending request: while searching, only a right Accept answers it
    /// then.
    package var precedesRequest = false
    /// Whether a response that stands first in the capture may wait for its request, which was captured after it.
    package var mayAwaitRequest = false
    /// Whether one waits.
    var earlyAnswer = EarlyAnswer.none
    /// Whether it searches since HTTP could not be followed, not since bytes are lost: then the capture has the heads.
    package internal(set) var searchesHeadsOnly = false
    /// Whether a body may be over before its end (``endBody(before:from:)``), so that its pieces must be looked at.
    var watchesBodies = false
    /// Whether a stream has brought a byte, by direction.
    private(set) var hasBytes: [2 of Bool] = [false, false]

    /// Creates a follower for a connection whose first bytes come next, or, if it began before the capture, are
    /// unknown.
    package init(limits: Limits, beganBeforeCapture: Bool) {
        self.limits = limits
        phase = beganBeforeCapture ? .searching : .following
    }

    /// The size of what it keeps of incomplete heads and of an unanswered upgrade, in bytes.
    package var keptCount: Int {
        streams[0].head.cost &+ streams[1].head.cost &+ 2 &* proxyMessage.count &+ (pendingRequest?.cost ?? 0)
    }

    /// Whether the ends of messages are unknown, so that heads are searched for.
    package var isSearching: Bool {
        if case .searching = phase { true } else { false }
    }

    /// Reads as far as it can, and stops at the first outcome.
    ///
    /// Call again with what is left: at once after `requested` and `answered`; after `waits` when the other stream has
    /// moved, by bytes or by a gap. After `accepted` and `finished` what is left belongs to the protocol that follows.
    /// Inside a body the cost does not depend on the number of bytes.
    package mutating func receive(_ bytes: Span<UInt8>, from direction: Direction) -> Step {
        var offset = 0
        hasBytes[direction.index] = true
        while offset < bytes.count {
            guard let outcome = read(bytes, from: &offset, direction) else { continue }
            if case .finished(let ending) = outcome, !ending.isHandedOver { offset = bytes.count }
            return Step(consumed: offset, outcome: outcome)
        }
        return Step(consumed: offset, outcome: .consumed)
    }

    /// Skips bytes of a body that goes on after them, if that is what comes next; does nothing otherwise.
    ///
    /// Optional fast path; same result as ``receive(_:from:)``.
    ///
    /// - Parameters:
    ///   - count: The number of bytes that come next.
    ///   - direction: Their stream.
    /// - Returns: Whether they were skipped.
    package mutating func pass(_ count: Int, from direction: Direction) -> Bool {
        guard case .following = phase, case .body(let remaining) = streams[direction.index].place,
            remaining > UInt64(count), !watchesBodies
        else { return false }
        streams[direction.index].place = .body(remaining: remaining &- UInt64(count))
        return true
    }

    /// Skips bytes that the capture lacks; `length` is nil if unknown.
    ///
    /// The outcome is `waits` if the other stream must move before it is clear what is missing: offer the gap again
    /// then, like bytes. If ``isRequestInGap`` then, bytes of the other stream that wait may go on.
    ///
    /// - Parameters:
    ///   - length: How many bytes.
    ///   - direction: Their stream.
    ///   - comesLate: Whether bytes of the other stream wait that were captured before those after the gap: what they
    ///     answer is in the gap.
    /// - Returns: `waits`, `finished` or `consumed`.
    package mutating func skip(
        _ length: UInt64?, from direction: Direction, comesLate: Bool = false
    ) -> Outcome {
        let index = direction.index
        switch phase {
        case .finished(let ending): return .finished(ending)
        case _ where length == 0: return .consumed
        case .following, .searching:
            if direction == client, isAwaitingAnswer, streams[index].isBetweenMessages { return .waits }
            if comesLate, mayHoldRequest(direction) {
                isRequestInGap = true
                return .waits
            }
            if case .following = phase, streams[index].skip(length) {
                if case .preamble = streams[index].place, direction == .fromInitiator { proxyMessage = [] }
                return .consumed
            }
        case .proxy: break
        }
        search(after: direction)
        return .consumed
    }

    /// Whether a gap that comes next in a stream may hold the request to an answer that waits.
    private func mayHoldRequest(_ direction: Direction) -> Bool {
        guard case .following = phase, direction == client, outstanding.first == nil else { return false }
        return streams[direction.index].isBetweenMessages && !isRequestHidden && !isRequestInGap
    }

    /// Goes on without the other stream, none of which is in the capture: an answer without its request counts, and
    /// what follows a request without an answer is searched.
    ///
    /// - Returns: Whether that changes anything: streams that wait may then go on.
    package mutating func stopExpecting() -> Bool {
        guard let client else { return false }
        switch phase {
        case .finished, .proxy: return false
        case .following, .searching: break
        }
        if pendingRequest != nil {
            guard isAwaitingAnswer else { return false }
            search(after: client.opposite)
            isAwaitingAnswer = false
            return true
        }
        guard case .following = phase, !isRequestHidden, outstanding.first == nil else { return false }
        isRequestHidden = true
        return true
    }

    /// Forgets the pending request: what it was is reported elsewhere.
    package mutating func forgetRequest() {
        pendingRequest = nil
    }

    /// Drops what it keeps of incomplete heads, since nothing more is read; `pendingRequest` stays.
    package mutating func stop() {
        if case .finished = phase {} else { phase = .finished(.unknown) }
        streams = [MessageStream(), MessageStream()]
        outstanding = OutstandingRequests()
        proxyMessage = []
    }

    /// Stops following because no more bytes can be kept for a stream that waits; `pendingRequest` stays.
    package mutating func giveUpWaiting() -> Ending {
        if case .finished(let ending) = phase { return ending }
        phase = .finished(.unknown)
        return .unknown
    }

    /// Reads up to the end of a part of a message; nil if there is nothing to report yet.
    private mutating func read(_ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction) -> Outcome? {
        switch phase {
        case .following: break
        case .proxy(let step): return readProxy(step, bytes, from: &offset, direction)
        case .searching: return search(bytes, from: &offset, direction)
        case .finished(let ending): return .finished(ending)
        }
        let index = direction.index
        switch streams[index].place {
        case .head: return readHead(bytes, from: &offset, direction)
        case .preamble(let preamble): return readPreamble(preamble, bytes, from: &offset, direction)
        case .body(let remaining):
            let taken = min(remaining, UInt64(bytes.count - offset))
            offset += Int(taken)
            streams[index].place = taken < remaining ? .body(remaining: remaining - taken) : .head
            return nil
        case .chunked(var body):
            let progress = body.read(bytes, from: &offset)
            switch progress {
            case .incomplete: streams[index].place = .chunked(body)
            case .complete: streams[index].place = .head
            case .broken: return finish(.brokenHTTP)
            }
            return nil
        case .untilClose:
            offset = bytes.count
            return nil
        }
    }

    /// Takes the bytes of a stream that were consumed before it turned out that they belong to the protocol that
    /// follows: they come right before what is left of the stream.
    ///
    /// At most 24 bytes, and none unless the ending ``Ending/isHandedOver``.
    package mutating func takeHandover(of direction: Direction) -> [UInt8] {
        guard case .finished = phase else { return [] }
        return streams[direction.index].head.take()
    }

    /// The most bytes taken of a stream before it is clear whose they are: the preface of HTTP/2 (RFC 9113 3.4).
    private static let longestHandover = 24

    /// Stops following.
    mutating func finish(_ ending: Ending) -> Outcome {
        phase = .finished(ending)
        for index in 0..<2 {
            // What follows may have begun in bytes that were taken for a head.
            let mayBelongToNext = ending.isHandedOver && streams[index].head.count <= Self.longestHandover
            streams[index] = MessageStream(head: mayBelongToNext ? streams[index].head : HeadCollector())
        }
        outstanding = OutstandingRequests()
        proxyMessage = []
        return .finished(ending)
    }
}
