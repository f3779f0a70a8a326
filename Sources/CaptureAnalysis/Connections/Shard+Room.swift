import TCPReassembly
import TLSDecryption
import WireFormat

/// The memory that the connections of a shard take together, and which connections to forget when it runs out.
extension Shard {
    /// Bytes of a connection outside its slots, as measured; for a session, those not counted elsewhere.
    private static var connectionCost: Int { 120 }
    private static var sessionCost: Int { 2000 }

    /// The size of the next chunks of slots: their memory is freed only when all connections of a chunk are forgotten.
    private static var chunkBytes: Int {
        SlotPool<TCPConnection>.chunkByteCount &+ SlotPool<OpeningReader>.chunkByteCount
            &+ SlotPool<Session>.chunkByteCount
    }

    /// The memory that the connections' records take, in bytes.
    var recordBytes: Int {
        // Otherwise it would be read from a copy of the whole shard.
        mutating get {
            table.connections.byteCount &+ readers.byteCount
                &+ table.connections.slotCount &* Self.connectionCost
                &+ readers.sessions.residentCount &* Self.sessionCost &+ tls.bench.byteCount
        }
    }

    /// Shares out the memory if that is due after a segment.
    ///
    /// - Returns: Whether it was due: after the same segments however packets are batched.
    @inline(__always)
    mutating func shareOut(_ payloadLength: Int, _ workspace: inout Workspace) -> Bool {
        guard memory.isDue(after: payloadLength) else { return false }
        shareOutNow(&workspace)
        return true
    }

    @inline(never)
    private mutating func shareOutNow(_ workspace: inout Workspace) {
        tls.bench.allowTrials(after: memory.restart())
        guard let free = freeBytes(&workspace) else { return }
        memory.share(free, waiting: &table.budget, &workspace.resources)
        table.isCrowded = memory.isCrowded(free, chunk: Self.chunkBytes)
    }

    /// Whether there is no memory for further sessions.
    mutating func isFull(_ workspace: inout Workspace) -> Bool {
        guard let free = freeBytes(&workspace) else { return false }
        return memory.isCrowded(free, chunk: Self.chunkBytes)
    }

    /// The free part of the bound on everything together; nil if there is no such bound.
    private mutating func freeBytes(_ workspace: inout Workspace) -> Int? {
        guard memory.total != nil else { return nil }
        return memory.free(
            beside: recordBytes, sessions: readers.sessions.residentCount, waiting: table.budget, &workspace.resources)
    }

    /// A record that a connection may need next.
    private enum Record {
        case opening
        case session
    }

    /// Forgets another connection if there is no memory for a slot that this one may need, or hardly any memory at all.
    @inline(never)
    mutating func makeRoom(
        for current: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        switch readers.connections[current.index].reader {
        case .none:
            // The first bytes may be a response, which needs both.
            if memory.isOverdrawn || !readers.openings.hasFreeSlot {
                forgetAnother(than: current, with: .opening, &workspace, &sink)
            }
            if !readers.sessions.hasFreeSlot { forgetAnother(than: current, with: .session, &workspace, &sink) }
        case .opening:
            if memory.isOverdrawn || !readers.sessions.hasFreeSlot {
                forgetAnother(than: current, with: .session, &workspace, &sink)
            }
        case .session, .layer, .stopped, .ignored:
            if memory.isOverdrawn { forgetAnother(than: current, with: nil, &workspace, &sink) }
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

    /// Finds a connection to forget that has a record of a kind, since memory for other kinds is freed only in whole
    /// chunks: of the next 16, the one silent longest.
    ///
    /// - Returns: The connection; nil if there are few such records, so that more may be created.
    private mutating func nextToForget(with record: Record?) -> Slot<TCPConnection>? {
        guard let record, let total = memory.total else { return nil }
        let (bytes, hasFreeSlot) =
            record == .opening
            ? (readers.openings.byteCount, readers.openings.hasFreeSlot)
            : (readers.sessions.byteCount, readers.sessions.hasFreeSlot)
        guard !hasFreeSlot, bytes > total / 16 else { return nil }
        var oldest: (slot: Slot<TCPConnection>, time: Timestamp)?
        var found = 0
        for _ in 0..<table.connections.slotCount where found < 16 {
            memory.hand = memory.hand &+ 1 < table.connections.slotCount ? memory.hand &+ 1 : 0
            let slot = Slot<TCPConnection>(memory.hand)
            guard table.connections.isUsed(slot), has(record, slot) else { continue }
            if table.connections[slot].isOver { return slot }
            found &+= 1
            let time = table.connections[slot].lastTime
            if oldest.map({ time < $0.time }) ?? true { oldest = (slot, time) }
        }
        return oldest?.slot
    }

    private func has(_ record: Record, _ slot: Slot<TCPConnection>) -> Bool {
        switch readers.connections[slot.index].reader {
        case .opening, .stopped: record == .opening
        case .session: record == .session
        case .none, .layer, .ignored: false
        }
    }
}
