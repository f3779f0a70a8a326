import WireFormat

/// Pings and Pongs that were found out of order, and wait for their counterpart: the bytes of one came in order, those
/// of the other after a hole.
struct EarlyFrames {
    /// One of them.
    struct Frame {
        var kind: Kind
        /// What its payload is known by.
        var fingerprint: UInt64
        var origin: Origin
        /// How far the sender of a Pong had received the TCP stream of the Pings; 0 if that is not known.
        var received: UInt64 = 0
        /// The packet of the Ping that it answers, if it is an answer; 0 otherwise.
        var pingPacket: UInt64 = 0
    }

    /// What a frame is, and waits for.
    enum Kind {
        /// A Pong whose Ping may still be found.
        case pong
        /// A Pong that answers a Ping which is not decoded yet.
        case answer
        /// What looks like a Ping among bytes that wait after a hole, or for a search.
        case ping
    }

    private var frames: [Frame] = []

    /// The most that are kept.
    private static let limit = 16
    /// How much earlier than its Ping, in nanoseconds, a Pong may be captured: two queues of one card, or two taps.
    private static let captureSkew: Int64 = 10_000_000
    /// How much later than a Ping, in nanoseconds, a Pong may be that precedes it in the file: a capture of several
    /// interfaces may hold what each of them has seen in turn.
    private static let fileSkew: Int64 = 1_000_000_000

    /// Whether there is memory for them: it never shrinks.
    var hasMemory: Bool { frames.capacity > 0 }

    /// The bytes that they take.
    var cost: Int { hasMemory ? 64 &+ Self.limit &* MemoryLayout<Frame>.stride : 0 }

    /// Keeps a frame, at the cost of the oldest if there are too many.
    ///
    /// - Parameters:
    ///   - kind: What it is.
    ///   - fingerprint: What its payload is known by.
    ///   - origin: The packet that brought it.
    ///   - received: How far the sender of a Pong had received the TCP stream of the Pings; nil if that is not known.
    mutating func keep(_ kind: Kind, _ fingerprint: UInt64, _ origin: Origin, received: UInt64? = nil) {
        if frames.count == Self.limit { frames.removeFirst() }
        frames.append(Frame(kind: kind, fingerprint: fingerprint, origin: origin, received: received ?? 0))
    }

    /// Whether a Ping is kept that a packet has brought, or the answer to it.
    func hasPing(in packet: UInt64) -> Bool {
        frames.contains { $0.kind == .ping && $0.origin.packet == packet || $0.pingPacket == packet }
    }

    /// Takes out the Pong that answers a Ping which is decoded now, and forgets that Ping.
    ///
    /// - Parameters:
    ///   - fingerprint: What the Ping's payload is known by.
    ///   - ping: The packet that brought it.
    ///   - end: Where it ends in TCP: a Pong that was captured before answers it if its segment acknowledges that.
    /// - Returns: The Pong, if it is here.
    mutating func takePong(to fingerprint: UInt64, _ ping: Origin, endingAt end: UInt64) -> Frame? {
        frames.removeAll { $0.kind == .ping && $0.origin.packet == ping.packet && $0.fingerprint == fingerprint }
        let answer = frames.firstIndex { $0.pingPacket == ping.packet && $0.fingerprint == fingerprint }
        if let answer { return frames.remove(at: answer) }
        let index = frames.firstIndex {
            $0.kind == .pong && $0.fingerprint == fingerprint
                && ($0.origin.packet > ping.packet || $0.received >= end || Self.isJustBefore($0.origin, ping))
        }
        return index.map { frames.remove(at: $0) }
    }

    /// Takes out the Ping that a Pong answers, and keeps the Pong until that Ping is decoded.
    ///
    /// - Returns: The Ping's packet, if it is here.
    mutating func takePing(answeredBy fingerprint: UInt64, _ pong: Origin) -> Origin? {
        let index = frames.firstIndex {
            $0.kind == .ping && $0.fingerprint == fingerprint && $0.origin.packet < pong.packet
        }
        guard let index else { return nil }
        let ping = frames.remove(at: index).origin
        keep(.answer, fingerprint, pong)
        frames[frames.count &- 1].pingPacket = ping.packet
        return ping
    }

    /// Whether a Pong was captured so shortly before a Ping that it may answer it, or stands before it only in the
    /// file.
    private static func isJustBefore(_ pong: Origin, _ ping: Origin) -> Bool {
        (-fileSkew...captureSkew).contains(ping.time.nanoseconds(since: pong.time))
    }
}
