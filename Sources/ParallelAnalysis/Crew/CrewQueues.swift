import TraceOutput

/// The blocks of a part that wait for a runner, in order.
struct BlockQueue<Block: ~Copyable & Sendable>: ~Copyable, Sendable {
    private var blocks: InlineArray<8, Block>
    /// The unprocessed rest of a block whose runner ran out of room.
    private var rest: Block
    private var hasRest = false
    private var submittedCount = 0
    /// How many blocks were ever started.
    private(set) var startedCount = 0
    /// Whether a runner has a block of this part.
    private(set) var isRunning = false

    /// Creates an empty queue of empty blocks.
    init(_ block: () -> Block) {
        blocks = InlineArray { _ in block() }
        rest = block()
    }

    /// How many blocks were not started yet.
    var count: Int { submittedCount &- startedCount }

    /// How many blocks were ever completed, if none is running.
    var completedCount: Int { startedCount &- (hasRest ? 1 : 0) }

    /// Whether a runner can take a block.
    var isRunnable: Bool { !isRunning && (hasRest || count > 0) }

    /// Whether no work is left.
    var isIdle: Bool { !isRunning && !hasRest && count == 0 }

    /// Swaps the block for an empty one.
    mutating func put(_ block: inout Block) {
        swap(&blocks[submittedCount % 8], &block)
        submittedCount &+= 1
    }

    /// Swaps an empty block for the oldest unfinished one, which then counts as running.
    mutating func take(_ block: inout Block) {
        isRunning = true
        if hasRest {
            hasRest = false
            swap(&rest, &block)
        } else {
            swap(&blocks[startedCount % 8], &block)
            startedCount &+= 1
        }
    }

    /// Takes back a block: empty if it is complete, otherwise what is left of it.
    mutating func putBack(_ block: inout Block, isComplete: Bool) {
        isRunning = false
        guard !isComplete else { return }
        hasRest = true
        swap(&rest, &block)
    }
}

/// The batches of a part that wait to be merged with those of the others, in order.
struct BatchQueue<Batch: OutputBatch & ~Copyable>: ~Copyable, Sendable {
    private var batches: InlineArray<8, Batch>
    private var submittedCount = 0
    private var takenCount = 0
    /// Whether the part has a batch that may not share the queue, or the queue holds one.
    private var isForLarge = false

    /// Creates an empty queue of empty batches.
    init(_ batch: () -> Batch) {
        batches = InlineArray { _ in batch() }
    }

    /// How many batches wait.
    var count: Int { submittedCount &- takenCount }

    /// Whether the part's next batch fits, given this capacity.
    func hasRoom(_ capacity: Int) -> Bool { count < (isForLarge ? 1 : capacity) }

    /// Queues a batch if it fits, given this capacity, and leaves an empty one.
    ///
    /// A batch without events always fits.
    ///
    /// - Returns: Whether it fitted.
    mutating func put(_ batch: inout Batch, capacity: Int) -> Bool {
        if batch.isEmpty, count > 0 {
            // It only says how far the part has come, which the last queued batch can say too.
            batches[(submittedCount &- 1) % 8].close(after: batch.lastPacket)
            batch.removeAll()
            return true
        }
        isForLarge = isForLarge || batch.isLarge
        guard hasRoom(capacity) else { return false }
        swap(&batches[submittedCount % 8], &batch)
        submittedCount &+= 1
        return true
    }

    /// Swaps an empty batch for the oldest; the queue must not be empty.
    mutating func take(_ batch: inout Batch) {
        swap(&batches[takenCount % 8], &batch)
        takenCount &+= 1
        if count == 0 { isForLarge = false }
    }
}
