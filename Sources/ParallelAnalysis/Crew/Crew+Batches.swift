import TraceOutput

/// How batches get from the parts to the merge.
extension Crew where Block: ~Copyable, Batch: ~Copyable {
    /// Queues a part's events if there is room, and leaves an empty batch.
    ///
    /// - Returns: Whether there was room.
    func offer(_ batch: inout Batch, of part: Int) -> Bool {
        lock.withLock {
            guard needed != nil else {
                batch.removeAll()
                return true
            }
            return batches[part].put(&batch, capacity: size.batches)
        }
    }

    /// Merges or waits until there is room, then queues a part's events and leaves an empty batch.
    ///
    /// - Returns: Whether there was room; there is none if threads are lacking.
    func put(_ batch: inout Batch, of part: Int) -> Bool {
        while !offer(&batch, of: part) {
            guard take(lock.withLock { step(isFree: hasRoom(part)) }) else { return false }
        }
        return true
    }

    /// Merges or waits until everything before a part's next event is merged, unless threads are lacking: the event is
    /// so long that no other part should hold one like it at the same time.
    func awaitTurn(of part: Int) {
        while take(lock.withLock { isBehind(part) ? step(isFree: false) : .giveUp }) {}
    }

    /// Whether the merge has not yet reached a part's next event.
    ///
    /// Needs the lock.
    private func isBehind(_ part: Int) -> Bool {
        guard let needed else { return false }
        return needed != part || isMerging || batches[part].count > 0
    }

    /// What a runner does that cannot go on.
    private enum Step {
        case merge, tryAgain, giveUp
    }

    /// Decides what a runner does that cannot go on unless it is free, and waits if that is all there is to do.
    ///
    /// Needs the lock.
    private func step(isFree: Bool) -> Step {
        if canMerge {
            isMerging = true
            return .merge
        }
        guard !isFree else { return .tryAgain }
        guard workerCount + 1 >= size.parts || blocked < workerCount else { return .giveUp }
        blocked += 1
        wakeRunners()
        lock.wait(for: room)
        blocked -= 1
        return .tryAgain
    }

    /// Performs the step.
    ///
    /// - Returns: Whether to try again.
    private func take(_ step: Step) -> Bool {
        if step == .merge {
            merge(self)
            lock.withLock { recordMerge() }
        }
        return step != .giveUp
    }

    /// Swaps an empty batch for the part's next one, for the merge.
    func take(_ batch: inout Batch, of part: Int) -> Supply {
        lock.withLock {
            needed = part
            guard batches[part].count > 0 else { return goal == .allMerged ? .end : .later }
            batches[part].take(&batch)
            if blocked > 0 { room.broadcast() }
            // The merge may take long: others need not wait for its end.
            wakeRunners()
            return .batch
        }
    }

    /// Called by the merge to end itself: whatever the parts report from now on is dropped.
    func endMerge() {
        lock.withLock {
            needed = nil
            room.broadcast()
        }
    }

    /// Whether the merge has ended.
    var hasMerged: Bool { lock.withLock { needed == nil } }
}
