import TCPReassembly
import TLSDecryption
import WebSocketProtocol
import WireFormat

/// A bound on what all connections of a shard take together.
///
/// Waiting bytes, messages, decompression and layers each have a bound of their own, of which they are told what is
/// left. When the shard's memory runs out, less is left of each: what is withheld is noted here, and given back when
/// there is memory again.
struct SharedRoom {
    /// The bound, in bytes.
    let total: Int
    /// What receivers of events keep of each open session, in bytes.
    fileprivate let sessionBytes: Int
    fileprivate var waiting: Part
    fileprivate var messages: Part
    fileprivate var compression: Part
    fileprivate var layers: Part
    fileprivate var longMessages = Part(bound: StreamResources.maximumLongMessages)

    /// One of the bounds.
    fileprivate struct Part {
        /// In bytes.
        let bound: Int
        /// How much of what is left is not to be taken for now.
        var withheld = 0

        /// How much is taken, if `left` may still be.
        func taken(_ left: Int) -> Int { bound &- withheld &- left }

        /// Leaves at most `free`.
        mutating func share(_ left: inout Int, free: Int) {
            let whole = left &+ withheld
            left = min(whole, free)
            withheld = whole &- left
        }
    }

    /// What a shard may take; nil if there is no bound.
    init?(_ limits: Limits) {
        guard let memory = limits.memory else { return nil }
        total = memory / Limits.shards
        sessionBytes = limits.sessionBytes
        waiting = Part(bound: limits.heldBytes / Limits.shards)
        messages = Part(bound: limits.keptPayload / Limits.shards)
        compression = Part(bound: limits.compression / Limits.shards)
        layers = Part(bound: limits.layers / Limits.shards)
    }
}

extension Shard {
    /// Bytes of a connection beside its slots, measured; of a session those that are not counted otherwise.
    private static var connectionCost: Int { 120 }
    private static var sessionCost: Int { 2000 }

    /// What the next chunks of slots take: memory that comes back only when all of a chunk's connections are forgotten.
    private static var chunkBytes: Int {
        SlotPool<TCPConnection>.chunkByteCount &+ SlotPool<OpeningReader>.chunkByteCount
            &+ SlotPool<Session>.chunkByteCount
    }

    /// What records of connections take.
    ///
    /// An array's capacity depends on the allocator, and with it on the thread: twice the count bounds it.
    var recordBytes: Int {
        table.connections.byteCount &+ openings.byteCount &+ sessions.byteCount &+ layers.byteCount
            &+ channels.byteCount &+ passed.byteCount &+ connections.count &* 2 &* MemoryLayout<Connection>.stride
            &+ table.connections.slotCount &* Self.connectionCost &+ sessions.residentCount &* Self.sessionCost
            &+ tls.bench.byteCount
    }

    /// Leaves to each of the bounds what there is memory for, after at most 32 packets or 32 KiB: what these can take
    /// meanwhile is little.
    ///
    /// - Returns: Whether that many have passed: the same ones however packets are batched.
    @inline(__always)
    mutating func shareOut(_ payloadLength: Int, _ workspace: inout Workspace) -> Bool {
        sinceShared &+= payloadLength &+ 1 << 10
        guard sinceShared >= 32 << 10 else { return false }
        shareOutNow(&workspace)
        return true
    }

    @inline(never)
    private mutating func shareOutNow(_ workspace: inout Workspace) {
        tls.bench.allowTrials(after: sinceShared)
        sinceShared = 0
        guard var room else { return }
        let free = room.total &- bytesTaken(room, &workspace)
        // An eighth is for records of connections. When these have filled it, a little is left for what opens further
        // ones, which needs no decompression.
        let rest = max(0, free &- room.total / 8)
        let left = max(rest, min(free, room.total / 64))
        room.waiting.share(&table.budget, free: left)
        room.layers.share(&layerRoom, free: left)
        room.messages.share(&workspace.resources.keepable, free: left)
        workspace.resources.share(withheld: room.messages.withheld, free: left)
        room.compression.share(&workspace.resources.compressible, free: rest)
        room.longMessages.share(
            &workspace.resources.longMessages, free: rest / StreamResources.longMessageCost)
        table.isCrowded = free <= max(room.total / 32, Self.chunkBytes)
        isOverdrawn = free <= room.total / 64
        self.room = room
    }

    /// Whether there is no memory for further sessions.
    func isFull(_ workspace: inout Workspace) -> Bool {
        guard let room else { return false }
        return room.total &- bytesTaken(room, &workspace) <= max(room.total / 32, Self.chunkBytes)
    }

    /// What all takes together.
    private func bytesTaken(_ room: SharedRoom, _ workspace: inout Workspace) -> Int {
        let buffers = room.waiting.taken(table.budget) &+ room.layers.taken(layerRoom)
        let streams =
            room.messages.taken(workspace.resources.keepable) &+ workspace.resources.spareByteCount
            &+ room.compression.taken(workspace.resources.compressible)
        let long = room.longMessages.taken(workspace.resources.longMessages) &* StreamResources.longMessageCost
        let receivers = sessions.residentCount &* room.sessionBytes
        return buffers &+ streams &+ long &+ receivers &+ workspace.resources.sessionBytes &+ recordBytes
    }

    /// What a connection may need next.
    private enum Record {
        case opening
        case session
    }

    /// Forgets another connection if this one may need a slot that there is no memory for, or if there is hardly any
    /// left.
    @inline(never)
    mutating func makeRoom(
        for current: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        switch connections[current.index].reader {
        case .none:
            // The first bytes may be an answer, which takes both.
            if isOverdrawn || !openings.hasFreeSlot { forgetAnother(than: current, with: .opening, &workspace, &sink) }
            if !sessions.hasFreeSlot { forgetAnother(than: current, with: .session, &workspace, &sink) }
        case .opening:
            if isOverdrawn || !sessions.hasFreeSlot { forgetAnother(than: current, with: .session, &workspace, &sink) }
        case .session, .layer, .stopped, .ignored:
            if isOverdrawn { forgetAnother(than: current, with: nil, &workspace, &sink) }
        }
    }

    private mutating func forgetAnother(
        than current: Slot<TCPConnection>, with record: Record?, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let slot = nextToForget(with: record) ?? table.nextToForget(now: workspace.time, isForced: true),
            slot != current
        else { return }
        forget(slot, cause: table.connections[slot].isOver ? .closed : .captureEnd, &workspace, &sink)
    }

    /// Finds a connection to forget that has a record of a kind, since the memory of other kinds comes back by whole
    /// chunks: of the next 16, the one that was silent longest.
    ///
    /// - Returns: The connection; nil if few records are of that kind, so that there may be more.
    private mutating func nextToForget(with record: Record?) -> Slot<TCPConnection>? {
        guard let record, let room else { return nil }
        let (bytes, hasFreeSlot) =
            record == .opening
            ? (openings.byteCount, openings.hasFreeSlot) : (sessions.byteCount, sessions.hasFreeSlot)
        guard !hasFreeSlot, bytes > room.total / 16 else { return nil }
        var oldest: (slot: Slot<TCPConnection>, time: Timestamp)?
        var found = 0
        for _ in 0..<table.connections.slotCount where found < 16 {
            hand = hand &+ 1 < table.connections.slotCount ? hand &+ 1 : 0
            let slot = Slot<TCPConnection>(hand)
            guard table.connections.isUsed(slot), has(record, slot) else { continue }
            if table.connections[slot].isOver { return slot }
            found &+= 1
            let time = table.connections[slot].lastTime
            if oldest.map({ time < $0.time }) ?? true { oldest = (slot, time) }
        }
        return oldest?.slot
    }

    private func has(_ record: Record, _ slot: Slot<TCPConnection>) -> Bool {
        switch connections[slot.index].reader {
        case .opening, .stopped: record == .opening
        case .session: record == .session
        case .none, .layer, .ignored: false
        }
    }
}
