import WebSocketProtocol
import WireFormat

/// A layer that reads a connection, or a stream of another layer, with the channels that it has opened.
@safe
struct LayerReader: ~Copyable {
    // One cache line, since 100,000 connections may be open.

    let layer: any StreamLayer
    /// The memory that the layer needs each time, for prefetching.
    private let hotState: UnsafeRawPointer?
    /// The channels of numbered streams.
    private var others: [Stream] = []
    /// The number of the connection, once WebSocket was seen on it; 0 before.
    ///
    /// Valid in the lowest layer.
    var number: UInt64 = 0
    // A slot of -1 stands for none.
    private let parentSlot: Slot<Channel>
    private var onlySlot = Slot<Channel>(-1)
    private var sessionSlot = Slot<Session>(-1)
    private var passedSlot = Slot<PassedTraffic>(-1)
    /// Bytes that it has taken from the layers' common bound.
    private var reserved: Int32 = 0
    private let hotByteCount: UInt16
    private let depthByte: UInt8
    /// Whether the layer can yield nothing more.
    private(set) var isSpent = false

    /// The bytes of the value, for prefetching.
    static var size: Int { MemoryLayout<LayerReader>.size }

    /// The most streams of one layer that are followed at a time; HTTP/2 servers mostly allow 100 to 256.
    static let channelLimit = 256
    /// The most layers inside each other.
    static let depthLimit = 4

    init(_ layer: any StreamLayer, depth: Int, parent: Slot<Channel>?) {
        self.layer = layer
        let state = unsafe layer.hotState
        unsafe hotState = state?.baseAddress
        hotByteCount = unsafe UInt16(clamping: state?.count ?? 0)
        parentSlot = parent ?? Slot(-1)
        depthByte = UInt8(clamping: depth)
    }

    /// The channel that it reads; nil if it reads TCP.
    var parent: Slot<Channel>? { parentSlot.index < 0 ? nil : parentSlot }

    /// The latest session that it carries, for prefetching.
    var session: Slot<Session>? {
        get { sessionSlot.index < 0 ? nil : sessionSlot }
        set { sessionSlot = newValue ?? Slot(-1) }
    }

    /// The traffic since the layer could yield nothing more; nil before that.
    var passed: Slot<PassedTraffic>? {
        get { passedSlot.index < 0 ? nil : passedSlot }
        set { passedSlot = newValue ?? Slot(-1) }
    }

    /// The channel of the stream without a number, which is the only one of most layers.
    private(set) var only: Slot<Channel>? {
        get { onlySlot.index < 0 ? nil : onlySlot }
        set { onlySlot = newValue ?? Slot(-1) }
    }

    /// Prefetches the memory that the layer needs each time.
    @inline(__always)
    mutating func prefetch() {
        let object = unsafe UnsafeRawPointer(Unmanaged.passUnretained(layer as AnyObject).toOpaque())
        unsafe WireFormat.prefetch(object, 0..<128)
        if let hotState = unsafe hotState { unsafe WireFormat.prefetch(hotState, 0..<Int(hotByteCount)) }
    }

    /// Continues from ``prefetch()`` (``StreamLayer/prefetch(step:_:)``).
    ///
    /// Not mutating, so that the layer needs no retain, which would wait for memory that is still on its way.
    func prefetch(step: Int, _ direction: Direction) { layer.prefetch(step: step, direction) }

    /// The number of layers below.
    var depth: Int { Int(depthByte) }

    /// A channel and its stream.
    private struct Stream {
        let number: UInt64
        let channel: Slot<Channel>
    }

    /// The channels, in the order in which they were opened.
    var channels: [Slot<Channel>] { (only.map { [$0] } ?? []) + others.map(\.channel) }

    /// The number of channels.
    var channelCount: Int { (only == nil ? 0 : 1) &+ others.count }

    /// The channel of a stream.
    func channel(of stream: UInt64?) -> Slot<Channel>? {
        guard let stream else { return only }
        return others.last { $0.number == stream }?.channel
    }

    /// Its channel, if there is exactly one.
    var onlyChannel: Slot<Channel>? {
        guard let only else { return others.count == 1 ? others[0].channel : nil }
        return others.isEmpty ? only : nil
    }

    /// Adds the channel of a stream.
    mutating func add(_ channel: Slot<Channel>, of stream: UInt64?) {
        guard let stream else { return only = channel }
        others.append(Stream(number: stream, channel: channel))
    }

    /// Removes the channel of a stream.
    mutating func remove(_ channel: Slot<Channel>) {
        if only == channel { only = nil } else { others.removeAll { $0.channel == channel } }
    }

    /// Counts the memory that it now keeps against the common bound.
    ///
    /// - Parameter room: Bytes that all layers of the shard together may still keep.
    /// - Returns: Whether it may keep it.
    mutating func charge(_ room: inout Int) -> Bool {
        isSpent = layer.isSpent
        let cost = Int32(clamping: layer.cost &+ others.count &* 64)
        guard cost != reserved else { return true }
        let grows = cost > reserved
        room &-= Int(cost &- reserved)
        reserved = cost
        return !grows || room >= 0
    }

    /// See ``StreamLayer/decodeFirst(of:from:into:)``.
    ///
    /// It is not mutating, so that the layer needs no retain.
    @inline(__always)
    func decodeFirst(
        of bytes: Span<UInt8>, from direction: Direction, into room: inout MutableSpan<UInt8>
    ) -> DecodedRecord? { layer.decodeFirst(of: bytes, from: direction, into: &room) }

    /// Passes bytes to the layer if they yield nothing yet, and counts the memory that it keeps for them.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of a stream.
    ///   - direction: The stream.
    ///   - room: Bytes that all layers of the shard together may still keep.
    /// - Returns: Whether the layer has kept them; if not, nothing has changed.
    @inline(__always)
    mutating func keep(_ bytes: Span<UInt8>, from direction: Direction, room: inout Int) -> Bool {
        // Bytes that might exceed the bound are left to the slow path, which gives up a layer that has grown too large.
        guard room > 2 &* bytes.count, let growth = layer.keep(bytes, from: direction) else { return false }
        room &-= growth
        reserved &+= Int32(truncatingIfNeeded: growth)
        return true
    }

    /// Returns the memory that it has taken.
    mutating func release(_ room: inout Int) {
        room &+= Int(reserved)
        reserved = 0
    }
}

/// The traffic of a connection that cannot be decrypted.
struct PassedTraffic {
    /// The payload bytes of each direction's segments, by ``Direction/index``; retransmissions count again.
    private(set) var bytes: InlineArray<2, UInt64> = [0, 0]
    /// The last pause of at least ``EndingPatterns/shortest``, in nanoseconds; 0 before the first.
    private var pause: Int64 = 0
    /// The time at which that pause ended.
    private var pauseEnd = Timestamp(nanoseconds: 0)

    /// Counts a segment.
    ///
    /// - Parameters:
    ///   - length: Its payload bytes.
    ///   - direction: Who sent it.
    ///   - time: Its packet's time.
    ///   - previous: The previous packet's time.
    @inline(__always)
    mutating func count(_ length: Int, from direction: Direction, at time: Timestamp, after previous: Timestamp) {
        bytes[direction.index] &+= UInt64(truncatingIfNeeded: length)
        let pause = time.nanoseconds(since: previous)
        guard pause >= EndingPatterns.shortest else { return }
        self.pause = pause
        pauseEnd = time
    }

    /// The silence before the end, in nanoseconds; nil if it was not a pause.
    ///
    /// Segments that come with the end, such as close_notify, do not break a silence.
    func silence(before end: Timestamp) -> Int64? {
        let rest = end.nanoseconds(since: pauseEnd)
        return pause > 0 && (0..<EndingPatterns.shortest).contains(rest) ? pause : nil
    }
}
