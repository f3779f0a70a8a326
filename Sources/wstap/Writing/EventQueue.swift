/// Batches of events on their way from the thread that analyses to the one that prints, in order.
///
/// There are as many as it holds and one with each thread: the faster thread waits for the slower one. A large batch waits
/// alone.
final class EventQueue: @unchecked Sendable {
    /// Batches that wait at most.
    private static let capacity = 4

    private let monitor = Monitor()
    // Guarded by `monitor`.
    private var batches = InlineArray<4, EventBatch> { _ in EventBatch() }
    /// How many were handed on, and how many were taken, since the beginning.
    private var (handedOn, taken) = (0, 0)
    private var isComplete = false
    private var isStopped = false

    /// Hands on a batch, for which it may have to wait; `batch` is an empty one then.
    ///
    /// - Returns: Whether batches are still taken.
    func put(_ batch: inout EventBatch) -> Bool {
        monitor.locked {
            let room = batch.isLarge ? 1 : Self.capacity
            while handedOn - taken >= room, !isStopped { monitor.wait() }
            guard !isStopped else { return false }
            swap(&batches[handedOn % Self.capacity], &batch)
            handedOn += 1
            // Only an empty queue is waited at by the other thread.
            if handedOn - taken == 1 { monitor.notify() }
            return true
        }
    }

    /// Tells that all batches were handed on.
    func complete() {
        monitor.locked {
            isComplete = true
            monitor.notify()
        }
    }

    /// Waits for the next batch and takes it, for `batch`, which must be empty; false behind the last.
    func take(_ batch: inout EventBatch) -> Bool {
        monitor.locked {
            while handedOn == taken, !isComplete { monitor.wait() }
            guard handedOn > taken else { return false }
            swap(&batches[taken % Self.capacity], &batch)
            taken += 1
            // Threads that wake each other for every batch spend their time on that.
            if handedOn - taken <= Self.capacity / 2 { monitor.notify() }
            return true
        }
    }

    /// Takes no batches any more.
    func stop() {
        monitor.locked {
            isStopped = true
            monitor.notify()
        }
    }
}
