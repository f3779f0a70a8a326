import CaptureAnalysis
import Testing
import TraceOutput

@testable import wstap

@Suite("A queue of batches")
struct BatchQueueTests {
    @Test("has room for what it may hold, and for batches without events")
    func room() {
        var queue = BatchQueue(EventBatch.init)
        var batch = EventBatch.ofNothing(upTo: 1)
        #expect(queue.put(&batch, of: 1) && batch.isEmpty)
        batch = EventBatch.ofNothing(upTo: 2)
        #expect(!queue.hasRoom(of: 1) && !queue.put(&batch, of: 1) && !batch.isEmpty)
        batch = EventBatch()
        batch.close(behind: 9)
        #expect(queue.put(&batch, of: 1) && queue.count == 1)
        // The one that waits says it.
        queue.take(&batch)
        #expect(batch.lastPacket == 9 && !batch.isEmpty && queue.count == 0)
    }

    @Test("lets a large batch wait until it is alone")
    func large() {
        var queue = BatchQueue { LineBatch(options: .init()) }
        var small = LineBatch.ofText(length: 10)
        #expect(queue.put(&small, of: 8))
        var large = LineBatch.ofText(length: 1 << 20)
        #expect(large.isLarge && !queue.put(&large, of: 8) && !queue.hasRoom(of: 8))
        queue.take(&small)
        #expect(queue.hasRoom(of: 8) && queue.put(&large, of: 8) && !queue.hasRoom(of: 8))
        large.removeAll()
        queue.take(&large)
        #expect(large.isLarge && queue.hasRoom(of: 8))
    }
}

extension EventBatch {
    /// The two events that an analysis of nothing has.
    static func ofNothing(upTo packet: UInt64) -> EventBatch {
        var batch = EventBatch()
        var pipeline = Pipeline(options: AnalysisOptions())
        pipeline.finish(into: &batch)
        batch.close(behind: packet)
        return batch
    }
}

extension LineBatch {
    /// One line of about so many bytes.
    fileprivate static func ofText(length: Int) -> LineBatch {
        var batch = LineBatch(options: .init())
        var options = AnalysisOptions()
        options.sources = [String(repeating: "a", count: length)]
        var pipeline = Pipeline(options: options)
        pipeline.finish(into: &batch)
        return batch
    }
}
