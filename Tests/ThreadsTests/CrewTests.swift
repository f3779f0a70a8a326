import TestSupport
import Testing

@testable import wstap

@Suite("A crew", .timeLimit(.minutes(1)))
struct CrewTests {
    @Test("runs each part's blocks in order and one by one", arguments: [0, 1, 3, 7], [1, 2, 8])
    func order(workers: Int, capacity: Int) {
        let log = RunLog()
        let crew = Crew<Int>(parts: 4, jobs: workers + 1, capacity: capacity, item: { 0 }) { item, turn, _ in
            log.begin(turn.part)
            log.end(turn.part, item)
            item = 0
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
        let crew = Crew<Int>(parts: 2, jobs: 2, capacity: 2, item: { 0 }) { item, turn, _ in
            log.end(turn.part, item)
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
        let crew = Crew<Int>(parts: 1, jobs: 1, capacity: 8, item: { 0 }) { item, turn, _ in
            if turn.isLast { log.end(0, item) }
        }
        for round in 1...3 { crew.handOn(round) }
        crew.finish()
        #expect(log.runs[0] == [3])
    }

    @Test("calls no more workers than there is work for")
    func fewWorkers() {
        let gate = Gate()
        let crew = Crew<Int>(parts: 2, jobs: 4, capacity: 8, item: { 0 }) { _, _, _ in gate.pass() }
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

    @Test("calls no worker beyond its jobs while the printing thread is busy")
    func busyPrinter() {
        let gate = Gate()
        let crew = Crew<Int>(parts: 2, jobs: 2, capacity: 8, item: { 0 }) { _, _, _ in gate.pass() }
        #expect(crew.startWorker())
        crew.waitUntilAsleep()
        crew.setPrinterWaiting(false)
        for round in 1...8 { crew.handOn(round) }
        #expect(crew.awakeCount == 0)
        crew.setPrinterWaiting(true)
        #expect(crew.awakeCount == 1)
        gate.waitForVisitors(1)
        gate.open()
        crew.finish()
    }

    @Test("goes on with another part while a runner waits for what that does", arguments: [true, false])
    func stall(isPrinterWaitingBefore: Bool) {
        let gate = Gate()
        let crew = Crew<Int>(parts: 2, jobs: 2, capacity: 8, item: { 0 }) { _, turn, crew in
            guard turn.part == 0 else { return gate.open() }
            crew.whileBlocked {
                if !isPrinterWaitingBefore { crew.setPrinterWaiting(true) }
                gate.pass()
            }
        }
        #expect(crew.startWorker())
        crew.waitUntilAsleep()
        crew.setPrinterWaiting(isPrinterWaitingBefore)
        crew.handOn(1)
        crew.finish()
    }
}

extension Crew<Int> {
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
