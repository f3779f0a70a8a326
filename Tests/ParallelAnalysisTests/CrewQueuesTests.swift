import CaptureAnalysis
import Testing
import TraceOutput

@testable import ParallelAnalysis

@Suite("A queue of batches")
struct BatchQueueTests {
    @Test("has room up to its capacity, and for batches without events")
    func room() {
        var queue = BatchQueue(EventBatch.init)
        var batch = EventBatch.ofNothing(upTo: 1)
        #expect(queue.put(&batch, capacity: 1) && batch.isEmpty)
        batch = EventBatch.ofNothing(upTo: 2)
        #expect(!queue.hasRoom(1) && !queue.put(&batch, capacity: 1) && !batch.isEmpty)
        batch = EventBatch()
        batch.close(after: 9)
        #expect(queue.put(&batch, capacity: 1) && queue.count == 1)
        // The waiting batch shows how far the part has come.
        queue.take(&batch)
        #expect(batch.lastPacket == 9 && !batch.isEmpty && queue.count == 0)
    }

    @Test("admits a large batch only on its own")
    func large() {
        var queue = BatchQueue { LineBatch(options: .init()) }
        var small = LineBatch.ofText(length: 10)
        #expect(queue.put(&small, capacity: 8))
        var large = LineBatch.ofText(length: 1 << 20)
        #expect(large.isLarge && !queue.put(&large, capacity: 8) && !queue.hasRoom(8))
        queue.take(&small)
        #expect(queue.hasRoom(8) && queue.put(&large, capacity: 8) && !queue.hasRoom(8))
        large.removeAll()
        queue.take(&large)
        #expect(large.isLarge && queue.hasRoom(8))
    }
}

extension EventBatch {
    /// The two events of an empty analysis.
    static func ofNothing(upTo packet: UInt64) -> EventBatch {
        var batch = EventBatch()
        var pipeline = Pipeline(options: AnalysisOptions())
        pipeline.finish(into: &batch)
        batch.close(after: packet)
        return batch
    }
}

extension LineBatch {
    /// A line of about this many bytes.
    fileprivate static func ofText(length: Int) -> LineBatch {
        var batch = LineBatch(options: .init())
        var options = AnalysisOptions()
        options.sources = [String(repeating: "a", count: length)]
        var pipeline = Pipeline(options: options)
        pipeline.finish(into: &batch)
        return batch
    }
}

@Suite("A queue of blocks")
struct BlockQueueTests {
    @Test("returns blocks in order, an unfinished one before the next")
    func rest() {
        var queue = BlockQueue { 0 }
        for number in 1...8 {
            var block = number
            queue.put(&block)
            #expect(block == 0)
        }
        var block = 0
        queue.take(&block)
        #expect(block == 1 && queue.count == 7 && !queue.isRunnable)
        var ninth = 9
        queue.put(&ninth)
        block = 100
        queue.putBack(&block, isComplete: false)
        #expect(block == 0 && queue.isRunnable && queue.count == 8 && queue.startedCount == 1)
        var taken: [Int] = []
        while queue.isRunnable {
            queue.take(&block)
            taken.append(block)
            block = 0
            queue.putBack(&block, isComplete: true)
        }
        #expect(taken == [100, 2, 3, 4, 5, 6, 7, 8, 9] && queue.isIdle)
    }
}
