import CaptureAnalysis

/// Events on their way to the thread that prints: a queue of batches for each part of an analysis.
///
/// To wake a thread for every batch costs more than to print it. So the printing thread is woken when the queue that it
/// takes from is half full, and who waits for room when that is half empty. While anyone waits for room, the printing
/// thread takes what there is: room in one queue may depend on what is in another.
final class EventQueues: @unchecked Sendable {
    /// Batches of a part that wait at most.
    static var usualCapacity: Int { 8 }

    private struct Queue: ~Copyable {
        var batches = InlineArray<8, EventBatch> { _ in EventBatch() }
        /// How many were put in, and how many were taken, since the beginning.
        var handedOn = 0
        var taken = 0
        var isComplete = false

        var count: Int { handedOn &- taken }
    }

    private let capacity: Int
    private let monitor = Monitor()
    /// What the runner of each part waits for, and what the printing thread does.
    private let room = (0..<8).map { _ in Signal() }
    private let supply = Signal()
    // Guarded by `monitor`.
    private var queues = InlineArray<8, Queue> { _ in Queue() }
    /// How many wait for room.
    private var waiting = 0
    /// The part that the printing thread waits for, where it does.
    private var wanted: Int?
    private var isStopped = false

    /// Makes empty queues.
    ///
    /// - Parameter capacity: How many batches of a part may wait, 1 to 8.
    init(capacity: Int = usualCapacity) {
        self.capacity = capacity
    }

    /// Puts a batch into a queue if there is room; it is empty then.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - part: The queue's part.
    /// - Returns: Whether there was room.
    func offer(_ batch: inout EventBatch, of part: Int) -> Bool {
        monitor.locked {
            guard hasRoom(for: batch, of: part) else { return false }
            append(&batch, of: part)
            return true
        }
    }

    /// Puts a batch into a queue when there is room; it is empty then.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - part: The queue's part.
    func put(_ batch: inout EventBatch, of part: Int) {
        monitor.locked {
            waiting += 1
            while !hasRoom(for: batch, of: part) {
                supplyWanted()
                monitor.wait(for: room[part])
            }
            waiting -= 1
            append(&batch, of: part)
        }
    }

    /// Tells that all batches of all parts were put in.
    func complete() {
        monitor.locked {
            for part in 0..<8 { queues[part].isComplete = true }
            supply.notifyOne()
        }
    }

    /// Takes the next batch of a part, for one that is empty and done with; waits for it.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - part: The queue's part.
    /// - Returns: Whether there is one; there is none behind the last.
    func take(_ batch: inout EventBatch, of part: Int) -> Bool {
        monitor.locked {
            while !hasEnough(part) {
                wanted = part
                monitor.wait(for: supply)
                wanted = nil
            }
            guard queues[part].count > 0 else { return false }
            swap(&queues[part].batches[queues[part].taken % 8], &batch)
            queues[part].taken &+= 1
            if waiting > 0, 2 * queues[part].count <= capacity { room[part].notifyOne() }
            return true
        }
    }

    /// Whether a batch of a part can be taken at once, or none will come.
    func hasEnough(of part: Int) -> Bool { monitor.locked { hasEnough(part) } }

    /// Takes no batches any more: forgets those that are put in.
    func stop() {
        monitor.locked {
            isStopped = true
            for room in room { room.notifyOne() }
        }
    }

    /// Whether batches are not taken any more.
    var hasStopped: Bool { monitor.locked { isStopped } }
}

/// To be used inside `monitor`.
extension EventQueues {
    /// A batch without events always has room; a large one has to be the only one in its queue.
    private func hasRoom(for batch: borrowing EventBatch, of part: Int) -> Bool {
        isStopped || batch.isEmpty || queues[part].count < (batch.isLarge ? 1 : capacity)
    }

    private func append(_ batch: inout EventBatch, of part: Int) {
        if isStopped {
            batch.removeAll()
        } else if batch.isEmpty, queues[part].count > 0 {
            // The last one that waits can say as much.
            let last = (queues[part].handedOn &- 1) % 8
            queues[part].batches[last].close(behind: batch.lastPacket)
            batch.removeAll()
        } else {
            swap(&queues[part].batches[queues[part].handedOn % 8], &batch)
            queues[part].handedOn &+= 1
        }
        supplyWanted()
    }

    /// Wakes the printing thread where it has enough to go on.
    private func supplyWanted() {
        if let wanted, hasEnough(wanted) { supply.notifyOne() }
    }

    /// Whether the printing thread need not wait for more of a part.
    private func hasEnough(_ part: Int) -> Bool {
        let count = queues[part].count
        return queues[part].isComplete || count > 0 && (waiting > 0 || 2 * count >= capacity)
    }
}
