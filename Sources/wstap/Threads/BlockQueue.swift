/// The blocks of a part that wait for a runner, in order.
struct BlockQueue<Block: ~Copyable & Sendable>: ~Copyable, Sendable {
    private var blocks: InlineArray<8, Block>
    /// The block whose rest waits, where there is one.
    private var rest: Block
    private var hasRest = false
    private var handedOn = 0
    /// How many were begun since the beginning.
    private(set) var begun = 0
    /// Whether somebody runs the one that was begun last.
    private(set) var isRun = false

    /// Makes an empty queue of empty blocks.
    init(_ block: () -> Block) {
        blocks = InlineArray { _ in block() }
        rest = block()
    }

    /// How many wait that were not begun.
    var count: Int { handedOn &- begun }

    /// How many were done since the beginning, where nobody runs one.
    var doneCount: Int { begun &- (hasRest ? 1 : 0) }

    /// Whether a runner can take one.
    var isRunnable: Bool { !isRun && (hasRest || count > 0) }

    /// Whether nothing is left to do.
    var isDone: Bool { !isRun && !hasRest && count == 0 }

    /// Exchanges the block for an empty one.
    mutating func put(_ block: inout Block) {
        swap(&blocks[handedOn % 8], &block)
        handedOn &+= 1
    }

    /// Exchanges an empty block for the oldest that is not done, which is run then.
    mutating func take(_ block: inout Block) {
        isRun = true
        if hasRest {
            hasRest = false
            swap(&rest, &block)
        } else {
            swap(&blocks[begun % 8], &block)
            begun &+= 1
        }
    }

    /// Takes back the block that was taken: empty if it is done, else what is left of it.
    mutating func end(_ block: inout Block, isDone: Bool) {
        isRun = false
        guard !isDone else { return }
        hasRest = true
        swap(&rest, &block)
    }
}
