import WireFormat

/// Pings and Pongs that were found out of order and wait for their counterpart: one came in order, the other after a
/// hole.
struct EarlyFrames {
    /// Such a frame.
    struct Frame {
        var kind: Kind
        /// The fingerprint of its payload.
        var fingerprint: UInt64
        var origin: Origin
        /// How far the sender of a Pong had received the Pings' TCP stream; 0 if unknown.
        var received: UInt64 = 0
        /// For an answer, the packet of its Ping; 0 otherwise.
        var pingPacket: UInt64 = 0
    }

    /// The kind of a frame, and what it waits for.
    enum Kind {
        /// A Pong whose Ping may still be found.
        case pong
        /// A Pong that answers a Ping that is not decoded yet.
        case answer
        /// What looks like a Ping in bytes that wait after a hole or for a search.
        case ping
    }

    private var frames: [Frame] = []

    /// The most frames kept.
    private static let limit = 16
    /// How much earlier than its Ping a Pong may be captured, in nanoseconds: two queues of a network card, or two
    /// taps.
    private static let captureSkew: Int64 = 10_000_000
    /// How much later than a Ping a Pong that precedes it in the file may be, in nanoseconds: a capture of several
    /// interfaces may contain the packets of one after those of another.
    private static let fileSkew: Int64 = 1_000_000_000

    /// Whether memory was taken for frames; it never shrinks.
    var hasMemory: Bool { frames.capacity > 0 }

    /// The memory that they take, in bytes.
    var cost: Int { hasMemory ? 64 &+ Self.limit &* MemoryLayout<Frame>.stride : 0 }

    /// Keeps a frame, and drops the oldest if there are too many.
    ///
    /// - Parameters:
    ///   - kind: The kind of frame.
    ///   - fingerprint: The fingerprint of its payload.
    ///   - origin: The packet that brought it.
    ///   - received: How far the sender of a Pong had received the Pings' TCP stream; nil if unknown.
    mutating func keep(_ kind: Kind, _ fingerprint: UInt64, _ origin: Origin, received: UInt64? = nil) {
        if frames.count == Self.limit { frames.removeFirst() }
        frames.append(Frame(kind: kind, fingerprint: fingerprint, origin: origin, received: received ?? 0))
    }

    /// Whether a Ping in a packet is kept, or the answer to it.
    func hasPing(in packet: UInt64) -> Bool {
        frames.contains { $0.kind == .ping && $0.origin.packet == packet || $0.pingPacket == packet }
    }

    /// Takes out the Pong that answers a Ping that is now decoded, and forgets that Ping.
    ///
    /// - Parameters:
    ///   - fingerprint: The fingerprint of the Ping's payload.
    ///   - ping: The packet that brought it.
    ///   - end: Where it ends in TCP: a Pong that was captured earlier answers it if its segment acknowledges this.
    /// - Returns: The Pong, if it is kept.
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
    /// - Returns: The Ping's packet, if it is kept.
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

    /// Whether a Pong was captured so shortly before a Ping that it may answer it, or precedes it only in the file.
    private static func isJustBefore(_ pong: Origin, _ ping: Origin) -> Bool {
        (-fileSkew...captureSkew).contains(ping.time.nanoseconds(since: pong.time))
    }
}
