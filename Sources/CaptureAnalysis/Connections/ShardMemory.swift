import WebSocketProtocol

/// The memory of a shard: how much its connections may take together, and whether some must be forgotten.
struct ShardMemory: ~Copyable {
    /// Bytes that the shard's layers together may still keep.
    var layers: Int
    /// The bound on everything together, in bytes; nil if there is none.
    let total: Int?
    /// Bytes that receivers of events keep for each open session.
    private let sessionBytes: Int
    /// How the memory is divided.
    private var room: SharedRoom
    /// Whether the shard has taken all that it may, so that connections must be forgotten.
    private(set) var isOverdrawn = false
    /// The slot at which the search for a connection to forget last stopped.
    var hand = 0
    /// The traffic since memory was last shared out: payload bytes, and 1 KiB more for each packet.
    private var sinceShared = 0

    init(_ limits: Limits) {
        layers = limits.layers / Limits.shards
        total = limits.memory.map { $0 / Limits.shards }
        sessionBytes = limits.sessionBytes
        room = SharedRoom(limits)
    }

    /// Counts a segment.
    ///
    /// - Returns: Whether memory is to be shared out again: after at most 128 packets or 128 KiB, which cannot take
    ///   much meanwhile.
    @inline(__always)
    mutating func isDue(after payloadLength: Int) -> Bool {
        sinceShared &+= payloadLength &+ 1 << 10
        return sinceShared >= 128 << 10
    }

    /// Starts counting anew.
    ///
    /// - Returns: The traffic since the last time: payload bytes, and 1 KiB more for each packet.
    mutating func restart() -> Int {
        defer { sinceShared = 0 }
        return sinceShared
    }

    /// Leaves each bound what there is memory for, given `free` bytes that are not taken.
    @inline(__always)
    mutating func share(_ free: Int, waiting: inout Int, _ resources: inout StreamResources) {
        guard let total else { return }
        room.share(free, of: total, waiting: &waiting, layers: &layers, &resources)
        isOverdrawn = free <= total / 64
    }

    /// The free part of the bound on everything together; nil if there is no such bound.
    ///
    /// - Parameters:
    ///   - records: The bytes that the connections' records take.
    ///   - sessions: The number of sessions.
    ///   - waiting: The bytes left for waiting TCP segments.
    ///   - resources: What is left for messages and decompression.
    /// - Returns: The free bytes.
    @inline(__always)
    func free(beside records: Int, sessions: Int, waiting: Int, _ resources: inout StreamResources) -> Int? {
        guard let total else { return nil }
        let parts = room.taken(waiting: waiting, layers: layers, &resources)
        return total &- parts &- sessions &* sessionBytes &- records
    }

    /// Whether so little is free that there may be no room for the next `chunk` bytes of slots.
    func isCrowded(_ free: Int, chunk: Int) -> Bool { total.map { free <= max($0 / 32, chunk) } ?? false }
}
