import TraceOutput

/// Decides who does what next. Everything here is called with `lock` held.
extension Crew where Block: ~Copyable, Batch: ~Copyable {
    /// Takes a task; nil if there is none.
    func takeTask(_ block: inout Block) -> Task? {
        let part = oldestRunnable
        if isMergeDue || part == nil && canMerge {
            isMerging = true
            return .merge
        }
        guard let part else { return nil }
        blocks[part].take(&block)
        return .block(Turn(part: part, isLast: blocks[part].count == 0))
    }

    /// Records what a runner did.
    func record(_ outcome: Outcome, _ block: inout Block) {
        switch outcome.task {
        case .block(let turn): blocks[turn.part].putBack(&block, isComplete: outcome.isComplete)
        case .merge: recordMerge()
        }
    }

    /// Records that a runner has merged what there was.
    func recordMerge() {
        isMerging = false
        if blocked > 0 { room.broadcast() }
    }

    /// Wakes the threads that have something to do.
    func wakeRunners() {
        while asleep > 0, needsWorker {
            asleep -= 1
            awake += 1
            woken += 1
            work.signal()
        }
        guard isLeaderWaiting else { return }
        if isReached(goal) || oldestRunnable != nil || canMerge { progress.signal() }
    }

    /// Whether another worker is needed besides those that are awake.
    private var needsWorker: Bool {
        let busy = awake + (isLeaderWaiting ? 0 : 1) - blocked
        guard woken == 0, busy < size.jobs else { return false }
        if isMergeDue { return true }
        // Half of the queue wakes the first worker, three quarters wake a further one.
        let enough = awake == 0 ? size.blocks / 2 : (size.blocks + size.blocks / 2) / 2
        return isRunnable(withAtLeast: goal == .room && blocked == 0 ? max(1, enough) : 0)
    }

    /// Whether a part's queue has room for the events of its next block.
    func hasRoom(_ part: Int) -> Bool { needed == nil || batches[part].hasRoom(size.batches) }

    /// The part with the oldest block that can run.
    private var oldestRunnable: Int? {
        var oldest: Int?
        for part in 0..<size.parts where blocks[part].isRunnable && hasRoom(part) {
            if let other = oldest, blocks[other].completedCount <= blocks[part].completedCount { continue }
            oldest = part
        }
        return oldest
    }

    /// Whether a part can run and has at least this many blocks.
    private func isRunnable(withAtLeast count: Int) -> Bool {
        for part in 0..<size.parts where blocks[part].isRunnable && hasRoom(part) && blocks[part].count >= count {
            return true
        }
        return false
    }

    /// Whether the merge can go on.
    var canMerge: Bool {
        guard let needed, !isMerging else { return false }
        return batches[needed].count > 0 || goal == .allMerged
    }

    /// Whether the merge should go on now.
    private var isMergeDue: Bool {
        guard let needed, canMerge else { return false }
        if goal != .room || 2 * batches[needed].count >= size.batches { return true }
        for part in 0..<size.parts where !hasRoom(part) { return true }
        return false
    }

    /// Whether the leader can stop; if it has been waiting, half of the room should be free.
    func isReached(_ goal: Goal) -> Bool {
        if goal == .allMerged { return needed == nil }
        let most = isLeaderWaiting ? size.blocks / 2 : size.blocks - 1
        for part in 0..<size.parts {
            if goal == .room ? blocks[part].count > most : !blocks[part].isIdle { return false }
        }
        return true
    }
}
