/// The blocks of a part that wait for a runner, in order.
struct BlockQueue<Item: ~Copyable & Sendable>: ~Copyable, Sendable {
    private var items: InlineArray<8, Item>
    private var handedOn = 0
    /// How many were taken since the beginning.
    private(set) var taken = 0
    /// Whether somebody runs the one that was taken last.
    private(set) var isRun = false

    /// Makes an empty queue of empty items.
    init(_ item: () -> Item) {
        items = InlineArray { _ in item() }
    }

    /// How many wait.
    var count: Int { handedOn &- taken }

    /// Whether a runner can take one.
    var isRunnable: Bool { count > 0 && !isRun }

    /// Exchanges the item for an empty one.
    mutating func put(_ item: inout Item) {
        swap(&items[handedOn % 8], &item)
        handedOn &+= 1
    }

    /// Exchanges an empty item for the oldest that waits, which is run then.
    mutating func take(_ item: inout Item) {
        swap(&items[taken % 8], &item)
        taken &+= 1
        isRun = true
    }

    /// Takes note that the item which was taken is done.
    mutating func end() {
        isRun = false
    }
}
