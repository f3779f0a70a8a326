/// Runs blocks of several parts: each part's one by one and in order, different parts' at the same time.
///
/// Runners are its workers, which are threads, and whoever hands blocks on, the *leader*. A runner takes the oldest block
/// of the parts that nobody runs. The leader does so only where there is no room for what it has to hand on. To wake a
/// thread often costs more than the work it is for: a first worker is called when a part has half of what may wait,
/// others when it has three quarters, and none while as many threads as there are jobs are busy, the printing thread
/// counted. So one worker does everything while it keeps up.
///
/// **Why it never stands still.** Blocks are handed on up to packet L, of all parts together. The printing thread waits
/// for events of part p, and all before packet N are printed.
///
/// Where N > L, everything that was handed on is done and printed, so nobody waits for room, and the leader reads on.
/// Otherwise p has a block that is run or waits, since behind its last block a part hands on all that it has.
///
/// - It is run: its runner goes on, for even where it waits for room, the printing thread takes p's events.
/// - It waits, and so may runners of other parts, for room for events. Those are fewer than there are parts, and so than
///   runners: some runner is free. If nobody waits for room, that is the leader. If somebody does, the analysis is
///   *stalled*, and every part that can be run is run by a worker as far as there are any: both who waits for room
///   (``whileBlocked(_:)``) and the printing thread (``whilePrinterWaits(_:)``) say so before they wait, and see to that.
/// - The leader, if it is the free one, reads until there is no room and runs a block then. It waits only while there is
///   none to run, and is woken where there is.
/// - So the free runner takes p's block, or an older one of a part that nobody runs. It gets to the end of that, or waits
///   for room too; then there is another one that is free, and fewer such parts.
///
/// While the printing thread is busy it makes room. While anybody waits for room, it takes what there is of p and waits
/// for no more. At the end, and in ``settle()``, the leader is a runner until all is done. When nothing more can be printed,
/// there is room for all events.
final class Crew<Item: ~Copyable & Sendable>: @unchecked Sendable {
    /// A runner's turn at a part.
    struct Turn {
        /// Which part it is, from 0.
        let part: Int
        /// Whether no other block of the part waits behind the one to run.
        let isLast: Bool
    }

    /// How long the leader has to wait: for room for a block of each part, or until all is done.
    private enum Goal {
        case room, end
    }

    private let partCount: Int
    private let capacity: Int
    private let jobs: Int
    private let makeItem: @Sendable () -> Item
    private let run: @Sendable (inout Item, Turn, Crew) -> Void
    private let monitor = Monitor()
    // What workers wait for, and what the leader does.
    private let (call, progress) = (Signal(), Signal())
    // The leader's alone.
    private var workers: [WorkerThread] = []
    private var spare: Item
    // Guarded by `monitor`.
    private var queues: InlineArray<8, BlockQueue<Item>>
    /// Workers that wait for a call, and those that were called and have not come yet.
    private var (asleep, called) = (0, 0)
    private var awake = 0
    /// Runners that wait for room for events.
    private var blocked = 0
    private var isPrinterWaiting = true
    private var isSettling = false
    /// What the leader waits for, where it does.
    private var goal: Goal?
    private var isOver = false

    /// Makes a crew of the leader alone.
    ///
    /// - Parameters:
    ///   - parts: How many parts there are: where they wait for each other, no more than runners.
    ///   - jobs: How many threads should be busy at most.
    ///   - capacity: How many blocks of a part may wait, beside the one that is run: 1 to 8.
    ///   - item: Makes an empty block; there are as many as may wait, and one with each runner.
    ///   - run: Runs a block, which must be empty then.
    init(
        parts: Int, jobs: Int, capacity: Int, item: @escaping @Sendable () -> Item,
        run: @escaping @Sendable (inout Item, Turn, Crew) -> Void
    ) {
        partCount = parts
        self.jobs = jobs
        self.capacity = capacity
        makeItem = item
        self.run = run
        spare = item()
        queues = InlineArray { _ in BlockQueue(item) }
    }
}

/// What the leader does.
extension Crew where Item: ~Copyable {
    /// Starts a worker; false where the system has no thread.
    func startWorker() -> Bool {
        monitor.locked { awake += 1 }
        guard let worker = WorkerThread({ self.work() }) else {
            monitor.locked { awake -= 1 }
            return false
        }
        workers.append(worker)
        return true
    }

    /// Hands a block of each part on, for empty ones; runs others where there is no room.
    func handOn(_ items: inout InlineArray<8, Item>) {
        lead(to: .room)
        monitor.locked {
            for part in 0..<partCount { queues[part].put(&items[part]) }
            callNeeded()
        }
    }

    /// Runs blocks until all are done.
    func settle() {
        monitor.locked { isSettling = true }
        lead(to: .end)
        monitor.locked { isSettling = false }
    }

    /// Does what is left to do, and ends the workers.
    func finish() {
        settle()
        monitor.locked {
            isOver = true
            call.notify()
        }
        for worker in workers { worker.join() }
        workers = []
    }

    /// How many workers do not wait for a call.
    var awakeCount: Int { monitor.locked { awake } }

    private func lead(to goal: Goal) {
        var last: Turn?
        while let turn = turn(after: last, towards: goal) {
            run(&spare, turn, self)
            last = turn
        }
    }

    /// The next turn of the leader; nil where it has reached its goal.
    private func turn(after last: Turn?, towards goal: Goal) -> Turn? {
        monitor.locked {
            if let last { queues[last.part].end() }
            defer { callNeeded() }
            while !isReached(goal) {
                if let turn = take(&spare) { return turn }
                self.goal = goal
                callNeeded()
                monitor.wait(for: progress)
                self.goal = nil
            }
            return nil
        }
    }
}

/// What all runners do.
extension Crew where Item: ~Copyable {
    /// Runs `body`, in which a runner waits for room for events.
    func whileBlocked(_ body: () -> Void) {
        monitor.locked {
            blocked += 1
            callNeeded()
        }
        body()
        monitor.locked { blocked -= 1 }
    }

    private func work() {
        var item = makeItem()
        var last: Turn?
        while let turn = turn(after: last, &item) {
            run(&item, turn, self)
            last = turn
        }
    }

    /// The next turn of a worker; nil at the end.
    private func turn(after last: Turn?, _ item: inout Item) -> Turn? {
        monitor.locked {
            if let last { queues[last.part].end() }
            while true {
                let turn = isStalled || busy <= jobs ? take(&item) : nil
                if turn == nil {
                    asleep += 1
                    awake -= 1
                }
                callNeeded()
                if let turn { return turn }
                while called == 0, !isOver { monitor.wait(for: call) }
                if isOver { return nil }
                called -= 1
            }
        }
    }
}

/// What the printing thread does.
extension Crew where Item: ~Copyable {
    /// Runs `body`, in which the printing thread waits for events.
    func whilePrinterWaits<Result>(_ body: () -> Result) -> Result {
        setPrinterWaiting(true)
        defer { setPrinterWaiting(false) }
        return body()
    }

    /// Takes note of whether the printing thread has something to do; it has nothing before it starts.
    func setPrinterWaiting(_ isWaiting: Bool) {
        monitor.locked {
            isPrinterWaiting = isWaiting
            callNeeded()
        }
    }
}

/// To be used inside `monitor`.
extension Crew where Item: ~Copyable {
    /// Takes the oldest block of the parts that nobody runs.
    private func take(_ item: inout Item) -> Turn? {
        var oldest: Int?
        for part in 0..<partCount where queues[part].isRunnable {
            if let other = oldest, queues[other].taken <= queues[part].taken { continue }
            oldest = part
        }
        guard let part = oldest else { return nil }
        queues[part].take(&item)
        return Turn(part: part, isLast: queues[part].count == 0)
    }

    /// Wakes those who have something to do.
    private func callNeeded() {
        while asleep > 0, needsWorker {
            asleep -= 1
            awake += 1
            called += 1
            call.notifyOne()
        }
        if let goal, isReached(goal, isWaiting: true) || runnableCount(1) > 0 { progress.notifyOne() }
    }

    /// How many threads have something to do.
    private var busy: Int { awake - blocked + (goal == nil ? 1 : 0) + (isPrinterWaiting ? 0 : 1) }

    /// Whether the printing thread may wait for a part that has to be run.
    private var isStalled: Bool { blocked > 0 && isPrinterWaiting }

    /// Whether another worker is needed than those that are awake.
    private var needsWorker: Bool {
        if isStalled { return runnableCount(1) > called }
        // A further one finds half of the rest to do.
        let enough = awake == 0 ? capacity / 2 : (capacity + capacity / 2) / 2
        return called == 0 && busy < jobs && runnableCount(isSettling ? 1 : max(1, enough)) > 0
    }

    /// How many parts that nobody runs have so many blocks that wait.
    private func runnableCount(_ least: Int) -> Int {
        var count = 0
        for part in 0..<partCount where queues[part].isRunnable && queues[part].count >= least { count += 1 }
        return count
    }

    /// Whether the leader need not wait; while it does, only half of the room is enough.
    private func isReached(_ goal: Goal, isWaiting: Bool = false) -> Bool {
        for part in 0..<partCount {
            switch goal {
            case .room where queues[part].count > (isWaiting ? capacity / 2 : capacity - 1): return false
            case .end where queues[part].count > 0 || queues[part].isRun: return false
            default: break
            }
        }
        return true
    }
}
