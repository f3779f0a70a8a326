import CaptureAnalysis
import Testing
import WireFormat

@testable import wstap

@Suite("Event queues", .timeLimit(.minutes(1)))
struct EventQueuesTests {
    @Test("have room for what they may hold, and for batches without events")
    func room() {
        let queues = EventQueues(capacity: 1)
        var batch = Self.batch(upTo: 1)
        #expect(queues.offer(&batch, of: 0) && batch.isEmpty)
        batch = Self.batch(upTo: 2)
        #expect(!queues.offer(&batch, of: 0) && !batch.isEmpty)
        #expect(queues.offer(&batch, of: 1))
        batch.close(behind: 9)
        #expect(queues.offer(&batch, of: 0))
        // The one that waits says it.
        var taken = EventBatch()
        #expect(queues.take(&taken, of: 0) && taken.lastPacket == 9 && !taken.isEmpty)
        #expect(!queues.hasEnough(of: 0))
    }

    @Test("let nobody wait when nothing more is taken")
    func stop() {
        let queues = EventQueues(capacity: 1)
        var batch = Self.batch(upTo: 1)
        queues.put(&batch, of: 0)
        batch = Self.batch(upTo: 2)
        let thread = WorkerThread { queues.stop() }
        queues.put(&batch, of: 0)
        #expect(batch.isEmpty && queues.hasStopped)
        thread?.join()
    }

    @Test("end behind the last batch")
    func complete() {
        let queues = EventQueues(capacity: 8)
        var batch = Self.batch(upTo: 1)
        queues.put(&batch, of: 0)
        queues.complete()
        #expect(queues.hasEnough(of: 0) && queues.hasEnough(of: 1))
        var taken = EventBatch()
        #expect(queues.take(&taken, of: 0) && !queues.take(&taken, of: 1))
        taken.removeAll()
        #expect(!queues.take(&taken, of: 0))
    }

    /// A batch with the two events that an analysis of nothing has.
    private static func batch(upTo packet: UInt64) -> EventBatch {
        var collector = Collector()
        var pipeline = Pipeline(options: AnalysisOptions())
        pipeline.finish(into: &collector)
        collector.batch.close(behind: packet)
        return collector.batch
    }
}

/// Puts what it gets into a batch.
private struct Collector: EventSink, ~Copyable {
    var batch = EventBatch()

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        batch.append(event, at: context, payload: payload)
    }
}
