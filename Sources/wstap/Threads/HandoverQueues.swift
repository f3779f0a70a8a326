/// Items on their way from some threads to others: a queue for each part of an analysis, in order.
///
/// Threads that wake each other for every item spend their time on that. So whoever takes from a queue is woken when it
/// is half full, and whoever puts into a full one when it is half empty. Where a thread has to wait for room, everyone
/// takes what there is: room in one queue may depend on what is in another.
final class HandoverQueues<Item: ~Copyable & Sendable>: @unchecked Sendable {
    /// Items that wait at most, of each part.
    static var capacity: Int { 8 }

    private struct Queue: ~Copyable {
        var items: InlineArray<8, Item>
        /// How many were put in, and how many were taken, since the beginning.
        var handedOn = 0
        var taken = 0
        var isComplete = false

        var count: Int { handedOn - taken }
        var isHalfFull: Bool { 2 * count >= HandoverQueues.capacity }
    }

    private let monitor = Monitor()
    // Guarded by `monitor`.
    private var queues: InlineArray<8, Queue>
    /// How many threads wait for room.
    private var waiting = 0
    private var isStopped = false

    /// Makes empty queues.
    ///
    /// - Parameter item: Makes an empty item; there are as many as queues hold, and one with each thread.
    init(_ item: () -> Item) {
        queues = InlineArray { _ in Queue(items: InlineArray { _ in item() }) }
    }

    /// Puts an item into a queue, for which it may have to wait; `item` is an empty one then.
    ///
    /// - Parameters:
    ///   - item: The item.
    ///   - part: The queue's part.
    ///   - isLarge: Whether it has to be the only one in the queue.
    /// - Returns: Whether items are still taken.
    func put(_ item: inout Item, of part: Int, isLarge: Bool = false) -> Bool {
        monitor.locked {
            let room = isLarge ? 1 : Self.capacity
            while queues[part].count >= room, !isStopped {
                waiting += 1
                monitor.notify()
                monitor.wait()
                waiting -= 1
            }
            guard !isStopped else { return false }
            swap(&queues[part].items[queues[part].handedOn % Self.capacity], &item)
            queues[part].handedOn += 1
            if waiting > 0 || queues[part].isHalfFull { monitor.notify() }
            return true
        }
    }

    /// Tells that all items of a part were put in.
    func complete(_ part: Int) {
        monitor.locked {
            queues[part].isComplete = true
            monitor.notify()
        }
    }

    /// Takes the next item of a part, for `item`, which must be empty and done with.
    ///
    /// - Parameters:
    ///   - item: The item.
    ///   - part: The queue's part.
    ///   - waits: Whether to wait for it; else there may be none.
    /// - Returns: Whether there is one; with `waits` there is none behind the last.
    func take(_ item: inout Item, of part: Int, waits: Bool = true) -> Bool {
        monitor.locked {
            while waits, !hasEnough(part) { monitor.wait() }
            guard queues[part].count > 0 else { return false }
            swap(&queues[part].items[queues[part].taken % Self.capacity], &item)
            queues[part].taken += 1
            if waiting > 0, !queues[part].isHalfFull { monitor.notify() }
            return true
        }
    }

    /// Takes no items any more.
    func stop() {
        monitor.locked {
            isStopped = true
            monitor.notify()
        }
    }

    /// Whether items are not taken any more.
    var hasStopped: Bool { monitor.locked { isStopped } }

    /// Whether a thread that takes from a queue need not wait.
    private func hasEnough(_ part: Int) -> Bool {
        queues[part].isHalfFull || queues[part].isComplete || waiting > 0 && queues[part].count > 0
    }
}
