import TraceOutput

/// Up to eight blocks or batches, first in first out.
///
/// They are exchanged for empty ones, so that memory is used again.
private struct Ring<Element: ~Copyable>: ~Copyable {
    private var places: InlineArray<8, Element>
    private var putCount = 0
    /// How many were ever taken.
    private(set) var takenCount = 0

    /// Creates a ring of empty elements.
    init(_ element: () -> Element) {
        places = InlineArray { _ in element() }
    }

    /// How many are waiting.
    var count: Int { putCount &- takenCount }

    /// Swaps the element for an empty one; there must be room.
    mutating func put(_ element: inout Element) {
        swap(&places[putCount % places.count], &element)
        putCount &+= 1
    }

    /// Swaps an empty element for the oldest; there must be one.
    mutating func take(_ element: inout Element) {
        swap(&places[takenCount % places.count], &element)
        takenCount &+= 1
    }

    /// Changes the latest; there must be one.
    mutating func changeLast(_ change: (inout Element) -> Void) {
        change(&places[(putCount &- 1) % places.count])
    }
}

extension Ring: Sendable where Element: Sendable & ~Copyable {}

/// The blocks of a part that wait for a runner, in order.
struct BlockQueue<Block: ~Copyable & Sendable>: ~Copyable, Sendable {
    private var blocks: Ring<Block>
    /// The unprocessed rest of a block whose runner ran out of room.
    private var rest: Block
    private var hasRest = false
    /// Whether a runner has a block of this part.
    private(set) var isRunning = false

    /// Creates an empty queue of empty blocks.
    init(_ block: () -> Block) {
        blocks = Ring(block)
        rest = block()
    }

    /// How many blocks were not started yet.
    var count: Int { blocks.count }

    /// How many blocks were ever started.
    var startedCount: Int { blocks.takenCount }

    /// How many blocks were ever completed, if none is running.
    var completedCount: Int { startedCount &- (hasRest ? 1 : 0) }

    /// Whether a runner can take a block.
    var isRunnable: Bool { !isRunning && (hasRest || count > 0) }

    /// Whether no work is left.
    var isIdle: Bool { !isRunning && !hasRest && count == 0 }

    /// Swaps the block for an empty one.
    mutating func put(_ block: inout Block) {
        blocks.put(&block)
    }

    /// Swaps an empty block for the oldest unfinished one, which then counts as running.
    mutating func take(_ block: inout Block) {
        isRunning = true
        if hasRest {
            hasRest = false
            swap(&rest, &block)
        } else {
            blocks.take(&block)
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
    private var batches: Ring<Batch>
    /// Whether the part has a batch that may not share the queue, or the queue holds one.
    private var isForLarge = false

    /// Creates an empty queue of empty batches.
    init(_ batch: () -> Batch) {
        batches = Ring(batch)
    }

    /// How many batches wait.
    var count: Int { batches.count }

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
            let lastPacket = batch.lastPacket
            batches.changeLast { $0.close(after: lastPacket) }
            batch.removeAll()
            return true
        }
        isForLarge = isForLarge || batch.isLarge
        guard hasRoom(capacity) else { return false }
        batches.put(&batch)
        return true
    }

    /// Swaps an empty batch for the oldest; the queue must not be empty.
    mutating func take(_ batch: inout Batch) {
        batches.take(&batch)
        if count == 0 { isForLarge = false }
    }
}
