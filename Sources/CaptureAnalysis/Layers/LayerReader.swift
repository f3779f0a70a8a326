import WebSocketProtocol
import WireFormat

/// A layer that reads a connection, or a stream of another layer, and the channels that it has opened.
struct LayerReader: ~Copyable {
    let layer: any StreamLayer
    /// How many layers there are below.
    let depth: Int
    /// The channel that it reads; nil if it reads TCP.
    let parent: Slot<Channel>?
    /// Whether nothing more can come of the layer.
    private(set) var isSpent = false
    /// What has passed since.
    var passed = PassedTraffic()
    /// The session that it carries, for prefetching: the latest one.
    var session: Slot<Session>?
    /// The first of its channels: the only one for most layers.
    private var first: Stream?
    private var others: [Stream] = []
    /// The number of the connection, once WebSocket was seen in it; 0 before.
    ///
    /// Counts in the lowest layer.
    var number: UInt64 = 0
    /// Bytes that it has taken out of the layers' common bound.
    private var reserved = 0

    /// Streams of one layer that are followed at a time; HTTP/2 servers mostly allow 100 to 256.
    static let channelLimit = 256
    /// Layers inside layers.
    static let depthLimit = 4

    init(_ layer: any StreamLayer, depth: Int, parent: Slot<Channel>?) {
        self.layer = layer
        self.parent = parent
        self.depth = depth
    }

    /// A channel and its stream.
    private struct Stream {
        let number: UInt64?
        let channel: Slot<Channel>
    }

    /// The channels in the order in which they came.
    var channels: [Slot<Channel>] { (first.map { [$0.channel] } ?? []) + others.map(\.channel) }

    /// How many channels there are.
    var channelCount: Int { (first == nil ? 0 : 1) &+ others.count }

    /// The channel of a stream.
    func channel(of stream: UInt64?) -> Slot<Channel>? {
        if let first, first.number == stream { return first.channel }
        return others.last { $0.number == stream }?.channel
    }

    /// Its channel, if there is exactly one.
    var onlyChannel: Slot<Channel>? { others.isEmpty ? first?.channel : nil }

    /// Adds the channel of a stream.
    mutating func add(_ channel: Slot<Channel>, of stream: UInt64?) {
        let new = Stream(number: stream, channel: channel)
        if first == nil, others.isEmpty { first = new } else { others.append(new) }
    }

    /// Takes the channel of a stream out.
    mutating func remove(_ channel: Slot<Channel>) {
        if first?.channel == channel { first = nil } else { others.removeAll { $0.channel == channel } }
    }

    /// Counts what it keeps by now against the common bound.
    ///
    /// - Parameter room: Bytes that all layers of the shard together may still keep.
    /// - Returns: Whether it may keep it.
    mutating func charge(_ room: inout Int) -> Bool {
        isSpent = layer.isSpent
        let cost = layer.cost &+ others.capacity &* 32
        guard cost != reserved else { return true }
        let grows = cost > reserved
        room &-= cost &- reserved
        reserved = cost
        return !grows || room >= 0
    }

    /// Gives back what it has taken.
    mutating func release(_ room: inout Int) {
        room &+= reserved
        reserved = 0
    }
}

/// What passes on a connection of which nothing can be decrypted.
struct PassedTraffic {
    /// The payload bytes of the segments of each direction, by ``Direction/index``; those sent again count again.
    private(set) var bytes: InlineArray<2, UInt64> = [0, 0]
    /// The last pause of at least ``EndingPatterns/shortest``, in nanoseconds; 0 before the first.
    private var pause: Int64 = 0
    /// When it ended.
    private var pauseEnd = Timestamp(nanoseconds: 0)

    /// Counts a segment.
    ///
    /// - Parameters:
    ///   - length: Its payload bytes.
    ///   - direction: Who sent it.
    ///   - time: Its packet's time.
    ///   - previous: The time of the packet before.
    @inline(__always)
    mutating func count(_ length: Int, from direction: Direction, at time: Timestamp, after previous: Timestamp) {
        bytes[direction.index] &+= UInt64(truncatingIfNeeded: length)
        let pause = time.nanoseconds(since: previous)
        guard pause >= EndingPatterns.shortest else { return }
        self.pause = pause
        pauseEnd = time
    }

    /// How long nothing was said before the end; nil if that is no pause.
    ///
    /// What comes with the end, such as close_notify, breaks no silence.
    func silence(before end: Timestamp) -> Int64? {
        let rest = end.nanoseconds(since: pauseEnd)
        return pause > 0 && (0..<EndingPatterns.shortest).contains(rest) ? pause : nil
    }
}
