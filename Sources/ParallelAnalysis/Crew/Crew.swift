import CaptureAnalysis
import TraceOutput

/// Runs an analysis in parts: the blocks of each part one at a time and in order, those of different parts in parallel,
/// and the *merge*, which combines the parts' events.
///
/// The *runners* are the workers, which are threads, and the *leader*, the caller that submits blocks. A runner takes
/// whatever there is to do: the merge if a lot waits for it, otherwise the oldest block of a part that nobody runs. The
/// leader does so only if there is no room for what it has to submit. Waking a thread often costs more than the work it
/// is woken for, so the first worker is woken when half of the queue is full and the others at three quarters: a single
/// worker does everything as long as it keeps up.
///
/// **Why it never deadlocks.** If there is no room for a part's events, its runner puts the rest of the block back, and
/// the part runs again once there is. A runner sleeps only if nothing can run. Suppose that some block is unfinished
/// and nothing runs, and let the merge wait for batches of part p.
///
/// - If p has waiting batches, the merge can run.
/// - If it has none, there is room for them, so p's next block can run, if it has one.
/// - It has one. A part hands over all its events after its last block, and all parts get their blocks together, which
///   reach up to the same packet (some are empty). If all of p's were complete, p would have reported everything up to
///   that packet; since p's next packet is the earliest, so would all others. Then no batch would wait, and the others'
///   blocks could run.
///
/// One packet can yield megabytes of events, if it fills a gap in front of many others. Then its runner merges, or
/// waits, while it holds the part (``put(_:of:)``). Such parts have waiting batches, so p is none of them: either
/// nobody holds p, or its runner goes on. And some runner is left, since there are as many runners as parts. If the
/// system lacks the threads for that, batches grow instead.
final class Crew<Block: ~Copyable & Sendable, Batch: OutputBatch & ~Copyable>: @unchecked Sendable {
    /// Runs a block of a part.
    ///
    /// Returns whether the block is complete, and leaves it empty then. It is incomplete if ``offer(_:of:)`` had no
    /// room.
    typealias Run = @Sendable (inout Block, Turn, Crew) -> Bool

    /// A runner's turn at a part.
    struct Turn {
        /// The part, from 0.
        let part: Int
        /// Whether no other block of the part waits after this one.
        let isLast: Bool
    }

    /// What the merge receives.
    enum Supply {
        case batch
        /// No batch yet.
        case later
        /// No batch, and none will come.
        case end
    }

    /// What a runner can do.
    enum Task {
        case block(Turn)
        case merge
    }

    /// What a runner did.
    struct Outcome {
        let task: Task
        let isComplete: Bool
    }

    /// What the leader works toward: room for a block of each part, all blocks complete, or everything merged.
    enum Goal {
        case room, blocksComplete, allMerged
    }

    let size: CrewSize
    private let makeBlock: @Sendable () -> Block
    private let run: Run
    let merge: @Sendable (Crew) -> Void
    let lock = Lock()
    // Signalled for workers, for the leader, and for runners that hold a part.
    let (work, progress, room) = (Condition(), Condition(), Condition())
    // Used by the leader only.
    private var workers: [WorkerThread] = []
    private var spare: Block
    // Guarded by `lock`.
    var workerCount = 0
    var blocks: PerPart<BlockQueue<Block>>
    var batches: PerPart<BatchQueue<Batch>>
    /// The part that the merge needs a batch of; nil once the merge has ended.
    var needed: Int? = 0
    var isMerging = false
    /// Workers that wait for work, and those that were woken but have not started yet.
    var (asleep, woken) = (0, 0)
    var awake = 0
    /// Runners that wait for room while they hold a part.
    var blocked = 0
    /// What the leader goes on for, and whether it waits.
    var goal = Goal.room
    var isLeaderWaiting = false
    private var isOver = false

    /// Creates a crew that consists of the leader.
    ///
    /// - Parameters:
    ///   - size: How many parts there are, and how much may wait.
    ///   - block: Creates an empty block; there are as many as may wait, and one for each runner.
    ///   - batch: Creates an empty batch.
    ///   - run: Runs a block.
    ///   - merge: Takes batches (``take(_:of:)``) until there is none.
    init(
        _ size: CrewSize, block: @escaping @Sendable () -> Block, batch: () -> Batch, run: @escaping Run,
        merge: @escaping @Sendable (Crew) -> Void
    ) {
        self.size = size
        makeBlock = block
        self.run = run
        self.merge = merge
        spare = block()
        blocks = PerPart { _ in BlockQueue(block) }
        batches = PerPart { _ in BatchQueue(batch) }
    }
}

/// The leader's side.
extension Crew where Block: ~Copyable, Batch: ~Copyable {
    /// Starts a worker; false if the system has no thread left.
    func startWorker() -> Bool {
        lock.withLock { awake += 1 }
        guard let worker = WorkerThread({ self.runUntilOver() }) else {
            lock.withLock { awake -= 1 }
            return false
        }
        workers.append(worker)
        lock.withLock { workerCount += 1 }
        return true
    }

    /// Submits a block for each part and leaves empty ones; runs other blocks while there is no room.
    func submit(_ items: inout PerPart<Block>) {
        lead(to: .room)
        lock.withLock {
            for part in 0..<size.parts { blocks[part].put(&items[part]) }
            wakeRunners()
        }
    }

    /// Returns once all blocks are complete.
    func settle() { lead(to: .blocksComplete) }

    /// Completes all blocks, merges all batches and ends the workers.
    func finish() {
        settle()
        lead(to: .allMerged)
        lock.withLock {
            isOver = true
            work.broadcast()
        }
        for worker in workers { worker.join() }
        workers = []
    }

    /// How many workers are not waiting for work.
    var awakeCount: Int { lock.withLock { awake } }

    private func lead(to goal: Goal) {
        lock.withLock { self.goal = goal }
        var last: Outcome?
        while let task = nextForLeader(after: last) { last = perform(task, &spare) }
        lock.withLock { self.goal = .room }
    }

    /// The leader's next task; nil once it has reached its goal.
    private func nextForLeader(after last: Outcome?) -> Task? {
        lock.withLock {
            if let last { record(last, &spare) }
            defer { wakeRunners() }
            while !isReached(goal) {
                if let task = takeTask(&spare) { return task }
                isLeaderWaiting = true
                wakeRunners()
                lock.wait(for: progress)
                isLeaderWaiting = false
            }
            return nil
        }
    }
}

/// What all runners do.
extension Crew where Block: ~Copyable, Batch: ~Copyable {
    private func runUntilOver() {
        var block = makeBlock()
        var last: Outcome?
        while let task = nextForWorker(after: last, &block) { last = perform(task, &block) }
    }

    /// A worker's next task; nil at the end.
    private func nextForWorker(after last: Outcome?, _ block: inout Block) -> Task? {
        lock.withLock {
            if let last { record(last, &block) }
            while true {
                let task = takeTask(&block)
                if task == nil {
                    asleep += 1
                    awake -= 1
                }
                wakeRunners()
                if let task { return task }
                while woken == 0, !isOver { lock.wait(for: work) }
                if isOver { return nil }
                woken -= 1
            }
        }
    }

    private func perform(_ task: Task, _ block: inout Block) -> Outcome {
        switch task {
        case .block(let turn): return Outcome(task: task, isComplete: run(&block, turn, self))
        case .merge:
            merge(self)
            return Outcome(task: task, isComplete: true)
        }
    }
}
