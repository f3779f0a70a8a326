import WebSocketProtocol

/// The memory of a shard: what its connections may take together, and whether some of them must be forgotten.
struct ShardMemory: ~Copyable {
    /// Bytes that its layers together may still keep.
    var layers: Int
    /// The bound on all, in bytes; nil if there is none.
    let total: Int?
    /// What receivers of events keep of each open session, in bytes.
    private let sessionBytes: Int
    /// What of it each part may take.
    private var room: SharedRoom
    /// Whether it has taken all that it may, so that connections must be forgotten.
    private(set) var isOverdrawn = false
    /// The slot at which the search for a connection to forget has stopped.
    var hand = 0
    /// What has passed since the memory was shared out last: the bytes, and 1 KiB more for each packet.
    private var sinceShared = 0

    init(_ limits: Limits) {
        layers = limits.layers / Limits.shards
        total = limits.memory.map { $0 / Limits.shards }
        sessionBytes = limits.sessionBytes
        room = SharedRoom(limits)
    }

    /// Counts a segment.
    ///
    /// - Returns: Whether the memory is to be shared out again: after at most 32 packets or 32 KiB, as what these can
    ///   take meanwhile is little.
    @inline(__always)
    mutating func isDue(after payloadLength: Int) -> Bool {
        sinceShared &+= payloadLength &+ 1 << 10
        return sinceShared >= 32 << 10
    }

    /// Counts anew.
    ///
    /// - Returns: What has passed since the last time: the bytes, and 1 KiB more for each packet.
    mutating func restart() -> Int {
        defer { sinceShared = 0 }
        return sinceShared
    }

    /// Leaves to each of the bounds what there is memory for, of `free` bytes that are not taken.
    @inline(__always)
    mutating func share(_ free: Int, waiting: inout Int, _ resources: inout StreamResources) {
        guard let total else { return }
        room.share(free, of: total, waiting: &waiting, layers: &layers, &resources)
        isOverdrawn = free <= total / 64
    }

    /// What is left of the bound on all; nil if there is none.
    ///
    /// - Parameters:
    ///   - records: What records of connections take.
    ///   - sessions: How many sessions there are.
    ///   - waiting: What is left for bytes that wait in TCP.
    ///   - resources: What is left for messages and decompression.
    /// - Returns: The bytes.
    @inline(__always)
    func free(beside records: Int, sessions: Int, waiting: Int, _ resources: inout StreamResources) -> Int? {
        guard let total else { return nil }
        let parts = room.taken(waiting: waiting, layers: layers, &resources)
        return total &- parts &- sessions &* sessionBytes &- records
    }

    /// Whether so little is free that the next `chunk` bytes for slots may not be found.
    func isCrowded(_ free: Int, chunk: Int) -> Bool { total.map { free <= max($0 / 32, chunk) } ?? false }
}
