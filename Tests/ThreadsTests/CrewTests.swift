import CaptureAnalysis
import TestSupport
import Testing
import TraceOutput

@testable import wstap

@Suite("A crew", .timeLimit(.minutes(1)))
struct CrewTests {
    private typealias NumberCrew = Crew<Int, EventBatch>

    @Test("runs each part's blocks in order and one by one", arguments: [0, 1, 3, 7], [1, 2, 8])
    func order(workers: Int, capacity: Int) {
        let log = RunLog()
        let crew = Self.crew(parts: 4, jobs: workers + 1, capacity) { item, turn, _ in
            log.begin(turn.part)
            log.end(turn.part, item)
            item = 0
            return true
        }
        for _ in 0..<workers { #expect(crew.startWorker()) }
        for round in 1...200 { crew.handOn(round) }
        crew.settle()
        #expect(log.runs.allSatisfy { $0.count == 200 })
        crew.handOn(201)
        crew.finish()
        #expect(log.runs.prefix(4).allSatisfy { $0 == Array(1...201) })
        #expect(!log.hasOverlapped)
    }

    @Test("has its leader run the oldest blocks where there is no room, and nothing before")
    func leader() {
        let log = RunLog()
        let crew = Self.crew(parts: 2, jobs: 2, 2) { item, turn, _ in
            log.end(turn.part, item)
            return true
        }
        crew.handOn(1)
        crew.handOn(2)
        #expect(log.runs.joined().isEmpty)
        crew.handOn(3)
        #expect(log.runs[0] == [1] && log.runs[1] == [1])
        crew.finish()
        #expect(log.runs[0] == [1, 2, 3] && log.runs[1] == [1, 2, 3])
    }

    @Test("tells a part that no other block of it waits")
    func last() {
        let log = RunLog()
        let crew = Self.crew(parts: 1, jobs: 1, 8) { item, turn, _ in
            if turn.isLast { log.end(0, item) }
            return true
        }
        for round in 1...3 { crew.handOn(round) }
        crew.finish()
        #expect(log.runs[0] == [3])
    }

    @Test("calls no more workers than there is work for")
    func fewWorkers() {
        let gate = Gate()
        let crew = Self.crew(parts: 2, jobs: 4, 8) { _, _, _ in
            gate.pass()
            return true
        }
        for _ in 0..<3 { #expect(crew.startWorker()) }
        crew.waitUntilAsleep()
        for round in 1...3 { crew.handOn(round) }
        #expect(crew.awakeCount == 0)
        crew.handOn(4)
        #expect(crew.awakeCount == 1)
        gate.waitForVisitors(1)
        crew.handOn(5)
        #expect(crew.awakeCount == 1)
        crew.handOn(6)
        #expect(crew.awakeCount == 2)
        gate.waitForVisitors(2)
        gate.open()
        crew.finish()
    }

    @Test("merges all that the parts tell, in turn, however little may wait", arguments: [0, 1, 2, 5], [1, 2, 8])
    func merge(workers: Int, capacity: Int) {
        for insists in [false, true] { merge(workers, capacity, insists) }
    }

    private func merge(_ workers: Int, _ capacity: Int, _ insists: Bool) {
        let log = RunLog()
        let parts = (0..<3).map { _ in Telling(insists: insists) }
        let merging = Merging(parts: parts.count, log)
        var size = CrewSize(jobs: workers + 1)
        (size.parts, size.blocks, size.batches) = (parts.count, capacity, capacity)
        let crew = NumberCrew(size, block: { 0 }, batch: EventBatch.init) { item, turn, crew in
            parts[turn.part].tell(&item, of: turn.part, crew)
        } merge: { crew in
            merging.run(for: crew)
        }
        for _ in 0..<workers { #expect(crew.startWorker()) }
        for round in 1...50 { crew.handOn(round) }
        crew.finish()
        // Each block tells so many batches as its number is.
        #expect(log.runs.prefix(3).allSatisfy { $0.count == (1...50).reduce(0, +) })
        #expect(!log.hasOverlapped)
    }

    @Test("goes on when nothing is merged any more", arguments: [0, 1, 3])
    func end(workers: Int) {
        let parts = (0..<3).map { Telling(insists: $0 == 1) }
        var size = CrewSize(jobs: workers + 1)
        (size.parts, size.blocks, size.batches) = (parts.count, 2, 1)
        let crew = NumberCrew(size, block: { 0 }, batch: EventBatch.init) { item, turn, crew in
            parts[turn.part].tell(&item, of: turn.part, crew)
        } merge: { crew in
            crew.endMerge()
        }
        for _ in 0..<workers { #expect(crew.startWorker()) }
        for round in 1...20 { crew.handOn(round) }
        crew.finish()
        #expect(crew.hasMerged)
    }

    /// A crew whose parts tell nothing.
    private static func crew(
        parts: Int, jobs: Int, _ capacity: Int, run: @escaping NumberCrew.Run
    ) -> NumberCrew {
        var size = CrewSize(jobs: jobs)
        (size.parts, size.jobs, size.blocks) = (parts, jobs, capacity)
        return NumberCrew(size, block: { 0 }, batch: EventBatch.init, run: run) { $0.endMerge() }
    }
}

/// A part that tells as many batches at a block as its number is.
private final class Telling: @unchecked Sendable {
    private var batch = EventBatch()
    /// Whether it waits for room with the block in hand.
    private let insists: Bool

    init(insists: Bool) {
        self.insists = insists
    }

    func tell(_ item: inout Int, of part: Int, _ crew: Crew<Int, EventBatch>) -> Bool {
        while item > 0 {
            if batch.isEmpty { batch = EventBatch.ofNothing(upTo: 0) }
            guard insists ? crew.put(&batch, of: part) : crew.offer(&batch, of: part) else { return false }
            item -= 1
        }
        return true
    }
}

/// Takes the parts' batches by turns.
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
                    // All are one's: nobody else may be at it.
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
    /// Hands this on as the next block of each part.
    fileprivate func handOn(_ item: Int) {
        var items = InlineArray<8, Int>(repeating: item)
        handOn(&items)
    }

    /// Waits until all workers wait for a call.
    fileprivate func waitUntilAsleep() {
        while awakeCount > 0 { sched_yield() }
    }
}
