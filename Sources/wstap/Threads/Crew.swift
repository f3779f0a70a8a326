import TraceOutput

/// Runs an analysis in parts: the blocks of each part one by one and in order, those of different parts at the same time,
/// and the *merge*, which puts what the parts tell together.
///
/// Runners are its workers, which are threads, and whoever hands blocks on, the *leader*. A runner takes whatever there is
/// to do: the merge where much waits for it, else the oldest block of a part that nobody runs. The leader does so only
/// where there is no room for what it has to hand on. To wake a thread often costs more than the work it is for: a first
/// worker is called when half of what may wait does, others when three quarters do. So one worker does everything while
/// it keeps up.
///
/// **Why it never stands still.** Where there is no room for what a part tells, its runner puts the rest of the block
/// back, and the part is run again when there is. A runner sleeps only when there is nothing to run. Let some block not be
/// done, and nobody run anything. The merge waits for batches of a part p.
///
/// - Where p has batches that wait, the merge can be run.
/// - Where it has none, there is room for them, so that p's next block can be run, if it has one.
/// - It has one: behind its last block a part hands on all that it has, and all parts get their blocks together, empty ones
///   too, which go to the same packet. Were all of p's done, p had told all up to that packet, and since p's next packet
///   is the earliest, so had all others: no batch would wait, and the blocks of others could be run.
///
/// One packet can tell megabytes, where it fills a gap before many others. Then the runner merges, or waits, with the part in
/// hand (``put(_:of:)``). Parts of which that is so have batches that wait: p is none of them. So p is in nobody's hand, or
/// its runner goes on; and some runner is left, since there are as many as parts. Where the system had no threads for
/// that, batches grow instead.
final class Crew<Block: ~Copyable & Sendable, Batch: OutputBatch & ~Copyable>: @unchecked Sendable {
    /// Runs a block of a part.
    ///
    /// It is told the part, and whether no other block of the part waits. It returns whether the block is done, which
    /// must be empty then; it is not where ``offer(_:of:)`` had no room.
    typealias Run = @Sendable (inout Block, Turn, Crew) -> Bool

    /// A runner's turn at a part.
    struct Turn {
        /// Which part it is, from 0.
        let part: Int
        /// Whether no other block of the part waits behind the one to run.
        let isLast: Bool
    }

    /// What the merge gets.
    enum Supply {
        case batch
        /// There is none yet.
        case later
        /// There will be none.
        case end
    }

    private enum Task {
        case block(Turn)
        case merge
    }

    /// What a runner does that has no room.
    private enum Step {
        case merge, tryAgain, giveUp
    }

    /// What a runner has done.
    private struct Outcome {
        let task: Task
        /// Whether all of it is done.
        let isDone: Bool
    }

    /// How long the leader has to go on: until there is room for a block of each part, all are done, or all is merged.
    private enum Goal {
        case room, blocksDone, allMerged
    }

    private let size: CrewSize
    private let makeBlock: @Sendable () -> Block
    private let run: Run
    private let merge: @Sendable (Crew) -> Void
    private let monitor = Monitor()
    // What workers wait for, what the leader does, and who has a part in hand.
    private let (call, progress, room) = (Signal(), Signal(), Signal())
    // The leader's alone.
    private var workers: [WorkerThread] = []
    private var spare: Block
    // Guarded by `monitor`.
    private var workerCount = 0
    private var blocks: InlineArray<8, BlockQueue<Block>>
    private var batches: InlineArray<8, BatchQueue<Batch>>
    /// The part that the merge needs a batch of; nil when it needs none any more.
    private var needed: Int? = 0
    private var isMerging = false
    /// Workers that wait for a call, and those that were called and have not come yet.
    private var (asleep, called) = (0, 0)
    private var awake = 0
    /// Runners that wait for room with a part in hand.
    private var blocked = 0
    /// What the leader goes on for, and whether it waits.
    private var goal = Goal.room
    private var isLeaderWaiting = false
    private var isOver = false

    /// Makes a crew of the leader alone.
    ///
    /// - Parameters:
    ///   - size: How many parts there are, and how much may wait.
    ///   - block: Makes an empty block; there are as many as may wait, and one with each runner.
    ///   - batch: Makes an empty batch.
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
        blocks = InlineArray { _ in BlockQueue(block) }
        batches = InlineArray { _ in BatchQueue(batch) }
    }
}

/// What the leader does.
extension Crew where Block: ~Copyable, Batch: ~Copyable {
    /// Starts a worker; false where the system has no thread.
    func startWorker() -> Bool {
        monitor.locked { awake += 1 }
        guard let worker = WorkerThread({ self.work() }) else {
            monitor.locked { awake -= 1 }
            return false
        }
        workers.append(worker)
        monitor.locked { workerCount += 1 }
        return true
    }

    /// Hands a block of each part on, for empty ones; runs others where there is no room.
    func handOn(_ items: inout InlineArray<8, Block>) {
        lead(to: .room)
        monitor.locked {
            for part in 0..<size.parts { blocks[part].put(&items[part]) }
            callNeeded()
        }
    }

    /// Sees to it that all blocks are done.
    func settle() { lead(to: .blocksDone) }

    /// Sees to it that all blocks are done and all batches merged, and ends the workers.
    func finish() {
        settle()
        lead(to: .allMerged)
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
        monitor.locked { self.goal = goal }
        var last: Outcome?
        while let task = nextOfLeader(after: last) { last = perform(task, &spare) }
        monitor.locked { self.goal = .room }
    }

    /// What the leader has to do next; nil where it has reached its goal.
    private func nextOfLeader(after last: Outcome?) -> Task? {
        monitor.locked {
            if let last { end(last, &spare) }
            defer { callNeeded() }
            while !isReached(goal) {
                if let task = take(&spare) { return task }
                isLeaderWaiting = true
                callNeeded()
                monitor.wait(for: progress)
                isLeaderWaiting = false
            }
            return nil
        }
    }
}

/// What all runners do.
extension Crew where Block: ~Copyable, Batch: ~Copyable {
    /// Hands on what a part tells, if there is room; the batch is empty then.
    ///
    /// - Returns: Whether there was room.
    func offer(_ batch: inout Batch, of part: Int) -> Bool {
        monitor.locked {
            guard needed != nil else {
                batch.removeAll()
                return true
            }
            return batches[part].put(&batch, of: size.batches)
        }
    }

    /// Hands on what a part tells, and makes or waits for room; the batch is empty then.
    ///
    /// - Returns: Whether there was room; there is none where threads are lacking.
    func put(_ batch: inout Batch, of part: Int) -> Bool {
        while !offer(&batch, of: part) {
            let step: Step = monitor.locked {
                if canMerge {
                    isMerging = true
                    return .merge
                }
                guard !hasRoom(part) else { return .tryAgain }
                guard workerCount + 1 >= size.parts || blocked < workerCount else { return .giveUp }
                blocked += 1
                callNeeded()
                monitor.wait(for: room)
                blocked -= 1
                return .tryAgain
            }
            switch step {
            case .tryAgain: continue
            case .giveUp: return false
            case .merge:
                merge(self)
                monitor.locked { endMergeTask() }
            }
        }
        return true
    }

    /// Takes the next batch of a part for the merge, for one that is empty.
    func take(_ batch: inout Batch, of part: Int) -> Supply {
        monitor.locked {
            needed = part
            guard batches[part].count > 0 else { return goal == .allMerged ? .end : .later }
            batches[part].take(&batch)
            if blocked > 0 { room.notify() }
            // The merge may take long: others need not wait for its end.
            callNeeded()
            return .batch
        }
    }

    /// Ends the merge, which says so: whatever the parts tell from now on is forgotten.
    func endMerge() {
        monitor.locked {
            needed = nil
            room.notify()
        }
    }

    /// Whether the merge has ended.
    var hasMerged: Bool { monitor.locked { needed == nil } }

    private func work() {
        var block = makeBlock()
        var last: Outcome?
        while let task = nextOfWorker(after: last, &block) { last = perform(task, &block) }
    }

    /// What a worker has to do next; nil at the end.
    private func nextOfWorker(after last: Outcome?, _ block: inout Block) -> Task? {
        monitor.locked {
            if let last { end(last, &block) }
            while true {
                let task = take(&block)
                if task == nil {
                    asleep += 1
                    awake -= 1
                }
                callNeeded()
                if let task { return task }
                while called == 0, !isOver { monitor.wait(for: call) }
                if isOver { return nil }
                called -= 1
            }
        }
    }

    private func perform(_ task: Task, _ block: inout Block) -> Outcome {
        switch task {
        case .block(let turn): return Outcome(task: task, isDone: run(&block, turn, self))
        case .merge:
            merge(self)
            return Outcome(task: task, isDone: true)
        }
    }
}

/// To be used inside `monitor`.
extension Crew where Block: ~Copyable, Batch: ~Copyable {
    /// Takes something to do; nil where there is nothing.
    private func take(_ block: inout Block) -> Task? {
        let part = oldestRunnable
        if isMergeDue || part == nil && canMerge {
            isMerging = true
            return .merge
        }
        guard let part else { return nil }
        blocks[part].take(&block)
        return .block(Turn(part: part, isLast: blocks[part].count == 0))
    }

    /// Takes note of what a runner has done.
    private func end(_ outcome: Outcome, _ block: inout Block) {
        switch outcome.task {
        case .block(let turn): blocks[turn.part].end(&block, isDone: outcome.isDone)
        case .merge: endMergeTask()
        }
    }

    private func endMergeTask() {
        isMerging = false
        if blocked > 0 { room.notify() }
    }

    /// Wakes those who have something to do.
    private func callNeeded() {
        while asleep > 0, needsWorker {
            asleep -= 1
            awake += 1
            called += 1
            call.notifyOne()
        }
        guard isLeaderWaiting else { return }
        if isReached(goal) || oldestRunnable != nil || canMerge { progress.notifyOne() }
    }

    /// Whether another worker is needed than those that are awake.
    private var needsWorker: Bool {
        let busy = awake + (isLeaderWaiting ? 0 : 1) - blocked
        guard called == 0, busy < size.jobs else { return false }
        if isMergeDue { return true }
        // A further one finds half of the rest to do.
        let enough = awake == 0 ? size.blocks / 2 : (size.blocks + size.blocks / 2) / 2
        return isRunnable(ifSoMany: goal == .room && blocked == 0 ? max(1, enough) : 0)
    }

    /// Whether there is room in the queue of a part for what it will tell.
    private func hasRoom(_ part: Int) -> Bool { needed == nil || batches[part].hasRoom(of: size.batches) }

    /// The part with the oldest block that can be run.
    private var oldestRunnable: Int? {
        var oldest: Int?
        for part in 0..<size.parts where blocks[part].isRunnable && hasRoom(part) {
            if let other = oldest, blocks[other].doneCount <= blocks[part].doneCount { continue }
            oldest = part
        }
        return oldest
    }

    /// Whether a part can be run of which so many blocks wait.
    private func isRunnable(ifSoMany least: Int) -> Bool {
        for part in 0..<size.parts where blocks[part].isRunnable && hasRoom(part) && blocks[part].count >= least {
            return true
        }
        return false
    }

    /// Whether the merge can go on.
    private var canMerge: Bool {
        guard let needed, !isMerging else { return false }
        return batches[needed].count > 0 || goal == .allMerged
    }

    /// Whether it should.
    private var isMergeDue: Bool {
        guard let needed, canMerge else { return false }
        if goal != .room || 2 * batches[needed].count >= size.batches { return true }
        for part in 0..<size.parts where !hasRoom(part) { return true }
        return false
    }

    /// Whether the leader need not go on; where it waits, half of the room should be free.
    private func isReached(_ goal: Goal) -> Bool {
        if goal == .allMerged { return needed == nil }
        let most = isLeaderWaiting ? size.blocks / 2 : size.blocks - 1
        for part in 0..<size.parts {
            if goal == .room ? blocks[part].count > most : !blocks[part].isDone { return false }
        }
        return true
    }
}
