public import WireFormat

/// Follows the two byte streams of a connection from their beginning, through HTTP/1.1 exchanges (RFC 9112) and
/// proxies, to the upgrade that makes them WebSocket (RFC 6455 4).
///
/// It is fed pieces of either stream in the order of the capture and may be fed any split of them: the outcomes stand
/// at the same places of the streams. A stream that cannot be understood before the other one has moved waits, and
/// its bytes stay with the caller. It keeps no bytes but those of a head that is not complete.
///
/// Where bytes are lost such that the ends of messages cannot be told any more, or the capture begins in the middle,
/// both streams are *searched*: heads count only where a piece begins (let it be where a TCP segment begins) with a
/// method and a space or "HTTP/", and an upgrade counts as accepted only when Sec-WebSocket-Accept proves it.
public struct UpgradeFollower: Sendable {
    /// How the streams are read.
    enum Phase {
        /// Message by message, from the first byte.
        case following
        /// As an exchange with a SOCKS proxy.
        case proxy(SOCKSStep)
        /// For heads at the beginning of pieces.
        case searching
        /// Not any more.
        case finished(Ending)
    }

    let limits: Limits
    var phase: Phase
    /// The two streams, by direction.
    var streams: [2 of MessageStream] = [MessageStream(), MessageStream()]
    var outstanding = OutstandingRequests()
    var pending: PendingRequest?
    /// Whether the client's stream must wait, once between messages, for the answer to its latest request.
    var isAwaitingAnswer = false
    /// The incomplete message of an exchange with a proxy.
    var proxyMessage: [UInt8] = []
    /// How many proxies have been passed.
    var proxies = 0
    /// Who asked the latest of them for a tunnel, and so is the client in it.
    var tunnelClient: Direction?

    /// Who sends requests; nil before that can be told.
    ///
    /// While searching, it is who sent the latest.
    public internal(set) var client: Direction?
    /// What the exchanges so far were.
    public internal(set) var traffic: HTTPTraffic = []
    /// Whether a gap may have swallowed the answer to `pendingRequest`: the streams may be frames already.
    public internal(set) var isAnswerHidden = false

    /// Makes a follower for a connection whose first bytes are the next to be fed, or, where it began before the
    /// capture, are unknown.
    public init(limits: Limits, beganBeforeCapture: Bool) {
        self.limits = limits
        phase = beganBeforeCapture ? .searching : .following
    }

    /// The upgrade request that is not answered.
    public var pendingRequest: UpgradeRequest? { pending?.request }

    /// What it keeps of incomplete heads and of an upgrade that is not answered, in bytes.
    public var keptCount: Int {
        streams[0].head.capacity &+ streams[1].head.capacity &+ proxyMessage.capacity &+ (pending?.cost ?? 0)
    }

    /// Whether the ends of messages are not known: heads are searched for.
    public var isSearching: Bool {
        if case .searching = phase { true } else { false }
    }

    /// Reads bytes as far as it can, and stops at the first outcome.
    ///
    /// The caller calls again with what is left: at once after `requested` and `answered`; after `waits` when the
    /// other stream has moved, by bytes or by a gap. After a verdict of `accepted` what is left are frames. Inside a
    /// body the cost does not depend on the number of bytes.
    public mutating func receive(_ bytes: Span<UInt8>, from direction: Direction) -> Step {
        var offset = 0
        while offset < bytes.count {
            guard let outcome = read(bytes, from: &offset, direction) else { continue }
            if case .finished = outcome { offset = bytes.count }
            return Step(consumed: offset, outcome: outcome)
        }
        return Step(consumed: offset, outcome: .consumed)
    }

    /// Passes over bytes of a body that goes on behind them, if that is what comes next; else does nothing.
    ///
    /// Nobody needs to call it: ``receive(_:from:)`` comes to the same.
    ///
    /// - Parameters:
    ///   - count: How many bytes come next.
    ///   - direction: Their stream.
    /// - Returns: Whether they were passed over.
    public mutating func pass(_ count: Int, from direction: Direction) -> Bool {
        guard case .following = phase, case .body(let remaining) = streams[direction.index].place,
            remaining > UInt64(count)
        else { return false }
        streams[direction.index].place = .body(remaining: remaining &- UInt64(count))
        return true
    }

    /// Passes over bytes that the capture lacks; `length` is nil when it is not known.
    ///
    /// The outcome is `waits` when the other stream must move before the place of the gap can be understood: then
    /// offer it again like bytes.
    public mutating func skip(_ length: UInt64?, from direction: Direction) -> Outcome {
        let index = direction.index
        switch phase {
        case .finished(let ending): return .finished(ending)
        case _ where length == 0: return .consumed
        case .following, .searching:
            if direction == client, isAwaitingAnswer, streams[index].isBetweenMessages { return .waits }
            if case .following = phase, streams[index].skip(length) { return .consumed }
        case .proxy: break
        }
        search(after: direction)
        return .consumed
    }

    /// Ends the following because no more bytes can be kept for a stream that waits; `pendingRequest` stays.
    public mutating func giveUpWaiting() -> Ending {
        if case .finished(let ending) = phase { return ending }
        phase = .finished(.unknown)
        return .unknown
    }

    /// Reads up to the end of a part of a message; nil when nothing is to be told yet.
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

    /// Stops following.
    mutating func finish(_ ending: Ending) -> Outcome {
        phase = .finished(ending)
        streams = [MessageStream(), MessageStream()]
        outstanding = OutstandingRequests()
        proxyMessage = []
        return .finished(ending)
    }
}

/// An upgrade request in a box of its own: most connections never have one.
final class PendingRequest: Sendable {
    let request: UpgradeRequest
    /// What it takes in memory, in bytes.
    let cost: Int

    init(_ request: UpgradeRequest, headByteCount: Int) {
        self.request = request
        // Short fields cost more for their strings than for their bytes.
        cost = 256 + 4 * headByteCount
    }
}
