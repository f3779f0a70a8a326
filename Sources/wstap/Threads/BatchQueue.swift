import TraceOutput

/// The batches of a part that wait to be merged with those of others, in order.
struct BatchQueue<Batch: OutputBatch & ~Copyable>: ~Copyable, Sendable {
    private var batches: InlineArray<8, Batch>
    private var handedOn = 0
    private var taken = 0
    /// Whether the part has a batch that has to be the only one here, or one such is.
    private var isForLarge = false

    /// Makes an empty queue of empty batches.
    init(_ batch: () -> Batch) {
        batches = InlineArray { _ in batch() }
    }

    /// How many wait.
    var count: Int { handedOn &- taken }

    /// Whether there is room for what the part has, among so many batches.
    func hasRoom(of capacity: Int) -> Bool { count < (isForLarge ? 1 : capacity) }

    /// Puts a batch in if there is room among so many; it is empty then.
    ///
    /// One without events always has room.
    ///
    /// - Returns: Whether there was room.
    mutating func put(_ batch: inout Batch, of capacity: Int) -> Bool {
        if batch.isEmpty, count > 0 {
            // The last one that waits can say as much.
            batches[(handedOn &- 1) % 8].close(behind: batch.lastPacket)
            batch.removeAll()
            return true
        }
        isForLarge = isForLarge || batch.isLarge
        guard hasRoom(of: capacity) else { return false }
        swap(&batches[handedOn % 8], &batch)
        handedOn &+= 1
        return true
    }

    /// Exchanges an empty batch for the oldest; there must be one.
    mutating func take(_ batch: inout Batch) {
        swap(&batches[taken % 8], &batch)
        taken &+= 1
        if count == 0 { isForLarge = false }
    }
}
