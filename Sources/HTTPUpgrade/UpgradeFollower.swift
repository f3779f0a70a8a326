package import WireFormat

/// Follows the two byte streams of a connection from their beginning, through HTTP/1.1 exchanges (RFC 9112) and
/// proxies, to the upgrade that makes them WebSocket (RFC 6455 4), or to another protocol.
///
/// Feed it pieces of either stream in the order of the capture. However the streams are cut, the outcomes come at the
/// same offsets. A stream that cannot be understood before the other one has moved waits, and its bytes stay with the
/// caller. The follower keeps no bytes but those of an incomplete head, and hands these over if they turn out to belong
/// to the protocol that follows (``takeHandover(of:)``).
///
/// Up to 4 KiB of no known kind may precede the first request, and the first response: see ``Preamble``.
///
/// If bytes are lost so that the ends of messages can no longer be found, or if the capture begins in the middle, both
/// streams are *searched*. Heads then count only at the start of a piece (which should be the start of a TCP segment),
/// with a method and a space or "HTTP/", and an upgrade counts as accepted only if Sec-WebSocket-Accept proves it.
package struct UpgradeFollower: Sendable {
    package typealias Limits = UpgradeLimits

    /// How the streams are read.
    enum Phase {
        /// Message by message, from the first byte.
        case following
        /// As an exchange with a proxy.
        case proxy(ProxyExchange)
        /// Searching for heads at the start of pieces. With `headsOnly`, HTTP could not be followed, but no bytes are
        /// lost, so the capture has all heads.
        case searching(headsOnly: Bool)
        /// No longer: there is nothing left to follow.
        case finished(Ending)
    }

    // Many connections have one, so its parts are ordered to leave the least padding.

    let limits: Limits
    /// The two streams, by direction.
    var streams: [2 of MessageStream] = [MessageStream(), MessageStream()]
    /// The requests without a response so far, while the ends of messages are known.
    var outstanding = OutstandingRequests()
    /// Why a response may stand without a request.
    var missing: MissingRequest
    /// The direction of the requests; nil while unknown.
    ///
    /// While searching, the direction of the latest request.
    package internal(set) var client: Direction?
    /// What the latest request waits for.
    var awaited = AwaitedAnswer()
    /// The latest request, if exchanges are reported and no other request waits for its response.
    var watched: WatchedRequest?
    /// What was seen so far.
    var history = ConnectionHistory()
    /// The proxies before the server.
    var proxies = PassedProxies()
    /// How the streams are read.
    var phase: Phase
    /// Whether a body may end early (``endBody(before:from:)``), so that its pieces must be examined.
    var watchesBodies = false
    /// Whether polling and event streams are reported (``Outcome/exchanged(_:)``).
    let reportsExchanges: Bool

    /// Creates a follower for a connection.
    ///
    /// - Parameters:
    ///   - limits: Bounds on what it keeps.
    ///   - beganBeforeCapture: Whether the first bytes are unknown; otherwise they come next.
    ///   - mayAwaitRequest: Whether a response that comes first in the capture may wait for its request, which may be
    ///     captured after it.
    ///   - reportsExchanges: Whether polling and event streams are reported.
    package init(
        limits: Limits, beganBeforeCapture: Bool, mayAwaitRequest: Bool = false, reportsExchanges: Bool = false
    ) {
        self.limits = limits
        self.reportsExchanges = reportsExchanges
        missing = MissingRequest(earlyAnswer: mayAwaitRequest ? .allowed : .none)
        phase = beganBeforeCapture ? .searching(headsOnly: false) : .following
    }

    /// The upgrade request without an answer so far.
    package var pendingRequest: HTTPRequest? { awaited.request }

    /// Whether a gap may hide the answer to `pendingRequest`: the streams may already be frames.
    package var isAnswerHidden: Bool { awaited.mayBeInGap }

    /// Whether a waiting gap holds the request to the next answer.
    package var isRequestInGap: Bool { missing.isInGap }

    /// The kinds of exchanges so far.
    package var traffic: HTTPTraffic { history.traffic }

    /// The last PROXY protocol header, without its TLVs; empty if there was none.
    package var proxyHeader: [UInt8] { proxies.header }

    /// The size of what it keeps of incomplete heads and of an unanswered upgrade, in bytes.
    package var keptCount: Int {
        var count = streams[0].head.cost &+ streams[1].head.cost &+ (awaited.request?.cost ?? 0)
        if let watched { count &+= watched.request.cost }
        if case .proxy(let exchange) = phase { count &+= exchange.cost }
        return count
    }

    /// Whether the ends of messages are unknown, so that heads are searched for.
    package var isSearching: Bool {
        if case .searching = phase { true } else { false }
    }

    /// Whether only a head can be found: no byte is lost (``Phase/searching(headsOnly:)``).
    package var searchesHeadsOnly: Bool {
        if case .searching(headsOnly: true) = phase { true } else { false }
    }

    /// Reads as far as it can, and stops at the first outcome.
    ///
    /// Call it again with the rest: at once after `requested` and `answered`; after `waits` when the other stream has
    /// moved, by bytes or by a gap. After an `answered` that accepts the upgrade, and after `finished`, the rest
    /// belongs to the protocol that follows. Inside a body the cost does not depend on the number of bytes.
    ///
    /// - Parameters:
    ///   - bytes: What comes next in the stream.
    ///   - direction: The stream.
    ///   - precedesRequest: Whether the bytes were captured before the pending request: while searching, only a right
    ///     Accept answers it then.
    /// - Returns: How far it came, and what stopped it.
    package mutating func receive(
        _ bytes: Span<UInt8>, from direction: Direction, precedingRequest precedesRequest: Bool = false
    ) -> Step {
        var offset = 0
        history.recordBytes(direction)
        while offset < bytes.count {
            guard let outcome = read(bytes, from: &offset, direction, precedesRequest) else { continue }
            switch outcome {
            case .finished(let ending) where !ending.isHandedOver: offset = bytes.count
            case .waits where direction == .fromResponder && client != direction: history.recordResponderWait()
            default: break
            }
            return Step(consumed: offset, outcome: outcome)
        }
        return Step(consumed: offset, outcome: .consumed)
    }

    /// Skips bytes of a body that goes on after them, if that is what comes next; does nothing otherwise.
    ///
    /// Optional fast path; same result as ``receive(_:from:precedingRequest:)``.
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

    /// Forgets the pending request, which is reported elsewhere.
    package mutating func forgetRequest() {
        awaited.forgetRequest()
    }

    /// Drops what it keeps of incomplete heads, since nothing more is read; `pendingRequest` stays.
    package mutating func stop() {
        if case .finished = phase {} else { phase = .finished(.unknown) }
        streams = [MessageStream(), MessageStream()]
        outstanding = OutstandingRequests()
        watched = nil
    }

    /// Stops following because no more bytes can be kept for a stream that waits; `pendingRequest` stays.
    package mutating func giveUpWaiting() -> Ending {
        if case .finished(let ending) = phase { return ending }
        phase = .finished(.unknown)
        return .unknown
    }

    /// Reads up to the end of a part of a message; nil if there is nothing to report yet.
    private mutating func read(
        _ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction, _ precedesRequest: Bool
    ) -> Outcome? {
        switch phase {
        case .following: break
        case .proxy: return readProxy(bytes, from: &offset, direction)
        case .searching: return search(bytes, from: &offset, direction, precedesRequest)
        case .finished(let ending): return .finished(ending)
        }
        let index = direction.index
        switch streams[index].place {
        case .head: return readHead(bytes, from: &offset, direction)
        case .preamble: return readPreamble(bytes, from: &offset, direction)
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

    /// Takes bytes of a stream that were consumed before they proved to belong to the protocol that follows: they come
    /// right before the rest of the stream.
    ///
    /// At most 24 bytes, and none unless the ending ``Ending/isHandedOver``.
    package mutating func takeHandover(of direction: Direction) -> [UInt8] {
        guard case .finished = phase else { return [] }
        return streams[direction.index].head.take()
    }

    /// The most bytes consumed of a stream before it is clear which protocol they belong to: the preface of HTTP/2 (RFC
    /// 9113 3.4).
    private static let longestHandover = 24

    /// Stops following.
    mutating func finish(_ ending: Ending) -> Outcome {
        phase = .finished(ending)
        // What follows may have begun in bytes that were taken for a head.
        for index in 0..<2 { streams[index].finish(keeping: ending.isHandedOver ? Self.longestHandover : 0) }
        outstanding = OutstandingRequests()
        watched = nil
        return .finished(ending)
    }
}
