import CaptureAnalysis
import TestSupport
import Testing
import TraceOutput

@testable import ParallelAnalysis

// A deadlock would last forever.
@Suite("A crew", .timeLimit(.minutes(30)))
struct CrewTests {
    private typealias NumberCrew = Crew<Int, EventBatch>

    @Test("runs each part's blocks one at a time and in order", arguments: [0, 1, 3, 7], [1, 2, 8])
    func order(workers: Int, capacity: Int) {
        let log = RunLog()
        let crew = Self.crew(parts: 4, jobs: workers + 1, capacity) { item, turn, _ in
            log.begin(turn.part)
            log.end(turn.part, item)
            item = 0
            return true
        }
        for _ in 0..<workers { #expect(crew.startWorker()) }
        for round in 1...200 { crew.submit(round) }
        crew.settle()
        #expect(log.runs.allSatisfy { $0.count == 200 })
        crew.submit(201)
        crew.finish()
        #expect(log.runs.prefix(4).allSatisfy { $0 == Array(1...201) })
        #expect(!log.hasOverlapped)
    }

    @Test("lets the leader run the oldest blocks only once there is no room")
    func leader() {
        let log = RunLog()
        let crew = Self.crew(parts: 2, jobs: 2, 2) { item, turn, _ in
            log.end(turn.part, item)
            return true
        }
        crew.submit(1)
        crew.submit(2)
        #expect(log.runs.joined().isEmpty)
        crew.submit(3)
        #expect(log.runs[0] == [1] && log.runs[1] == [1])
        crew.finish()
        #expect(log.runs[0] == [1, 2, 3] && log.runs[1] == [1, 2, 3])
    }

    @Test("informs a part that none of its other blocks waits")
    func last() {
        let log = RunLog()
        let crew = Self.crew(parts: 1, jobs: 1, 8) { item, turn, _ in
            if turn.isLast { log.end(0, item) }
            return true
        }
        for round in 1...3 { crew.submit(round) }
        crew.finish()
        #expect(log.runs[0] == [3])
    }

    @Test("wakes no more workers than there is work for")
    func fewWorkers() {
        let gate = Gate()
        let crew = Self.crew(parts: 2, jobs: 4, 8) { _, _, _ in
            gate.pass()
            return true
        }
        for _ in 0..<3 { #expect(crew.startWorker()) }
        crew.waitUntilAsleep()
        for round in 1...3 { crew.submit(round) }
        #expect(crew.awakeCount == 0)
        crew.submit(4)
        #expect(crew.awakeCount == 1)
        gate.waitForVisitors(1)
        crew.submit(5)
        #expect(crew.awakeCount == 1)
        crew.submit(6)
        #expect(crew.awakeCount == 2)
        gate.waitForVisitors(2)
        gate.open()
        crew.finish()
    }

    @Test("merges everything the parts report, in turn, however small the queues", arguments: [0, 1, 2, 5], [1, 2, 8])
    func merge(workers: Int, capacity: Int) {
        for insists in [false, true] { merge(workers, capacity, insists) }
    }

    private func merge(_ workers: Int, _ capacity: Int, _ insists: Bool) {
        let log = RunLog()
        let parts = (0..<3).map { _ in ReportingPart(insists: insists) }
        let merging = Merging(parts: parts.count, log)
        var size = CrewSize(jobs: workers + 1)
        (size.parts, size.blocks, size.batches) = (parts.count, capacity, capacity)
        let crew = NumberCrew(size, block: { 0 }, batch: EventBatch.init) { item, turn, crew in
            parts[turn.part].report(&item, of: turn.part, crew)
        } merge: { crew in
            merging.run(for: crew)
        }
        for _ in 0..<workers { #expect(crew.startWorker()) }
        for round in 1...50 { crew.submit(round) }
        crew.finish()
        // Each block yields as many batches as its number.
        #expect(log.runs.prefix(3).allSatisfy { $0.count == (1...50).reduce(0, +) })
        #expect(!log.hasOverlapped)
    }

    @Test("goes on after the merge has ended", arguments: [0, 1, 3])
    func end(workers: Int) {
        let parts = (0..<3).map { ReportingPart(insists: $0 == 1) }
        var size = CrewSize(jobs: workers + 1)
        (size.parts, size.blocks, size.batches) = (parts.count, 2, 1)
        let crew = NumberCrew(size, block: { 0 }, batch: EventBatch.init) { item, turn, crew in
            parts[turn.part].report(&item, of: turn.part, crew)
        } merge: { crew in
            crew.endMerge()
        }
        for _ in 0..<workers { #expect(crew.startWorker()) }
        for round in 1...20 { crew.submit(round) }
        crew.finish()
        #expect(crew.hasMerged)
    }

    /// A crew whose parts report nothing.
    private static func crew(
        parts: Int, jobs: Int, _ capacity: Int, run: @escaping NumberCrew.Run
    ) -> NumberCrew {
        var size = CrewSize(jobs: jobs)
        (size.parts, size.jobs, size.blocks) = (parts, jobs, capacity)
        return NumberCrew(size, block: { 0 }, batch: EventBatch.init, run: run) { $0.endMerge() }
    }
}

/// A part that reports as many batches for a block as the block's number.
private final class ReportingPart: @unchecked Sendable {
    private var batch = EventBatch()
    /// Whether it waits for room while it holds the block.
    private let insists: Bool

    init(insists: Bool) {
        self.insists = insists
    }

    func report(_ item: inout Int, of part: Int, _ crew: Crew<Int, EventBatch>) -> Bool {
        while item > 0 {
            if batch.isEmpty { batch = EventBatch.ofNothing(upTo: 0) }
            guard insists ? crew.put(&batch, of: part) : crew.offer(&batch, of: part) else { return false }
            item -= 1
        }
        return true
    }
}

/// Takes the parts' batches in turn.
private final class Merging: @unchecked Sendable {
    private let log: RunLog
    private var isOver: [Bool]
    private var next = 0
    private var batch = EventBatch()

    init(parts: Int, _ log: RunLog) {
        self.log = log
        isOver = Array(repeating: false, count: parts)
    }

    func run(for crew: Crew<Int, EventBatch>) {
        while isOver.contains(false) {
            if !isOver[next] {
                batch.removeAll()
                switch crew.take(&batch, of: next) {
                case .batch:
                    // Part 7 stands for the merge, in which only one thread may be.
                    log.begin(7)
                    log.end(next, 1)
                    log.leave(7)
                case .later: return
                case .end: isOver[next] = true
                }
            }
            next = (next + 1) % isOver.count
        }
        crew.endMerge()
    }
}

extension Crew<Int, EventBatch> {
    /// Submits this as the next block of each part.
    fileprivate func submit(_ item: Int) {
        var items = PerPart<Int>(repeating: item)
        submit(&items)
    }

    /// Waits until all workers wait for work.
    fileprivate func waitUntilAsleep() {
        while awakeCount > 0 { sched_yield() }
    }
}
