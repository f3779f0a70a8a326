import CaptureAnalysis
import PacketCapture
import TraceOutput
import WireFormat

/// An analysis on several threads: the one that uses it reads, decodes and deals the packets; others analyse; one prints.
struct ThreadedAnalysis<Format: OutputFormat & ~Copyable>: FileAnalysis, ~Copyable {
    private var pipeline: Pipeline
    private var blocks = Pipeline.Blocks { _ in PacketBlock() }
    private let threads: [AnalysisThread]
    private let printer: PrintingThread<Format>
    private let queues = HandoverQueues { PacketBlock() }
    private let events: HandoverQueues<EventBatch>
    private var turnCount = 0
    private var hasBegun = false

    /// Makes one that is ready to begin.
    ///
    /// - Parameters:
    ///   - options: What it is to do.
    ///   - count: How many threads may be busy, beside the one that reads.
    ///   - writer: What prints and writes.
    init(_ options: AnalysisOptions, threads count: Int, _ writer: consuming EventWriter<Format>) {
        let queues = queues
        let events = HandoverQueues { EventBatch() }
        // A trace's lines keep one thread busy; a summary's few events do not.
        let parts = max(1, min(options.tellsFrames ? count - 1 : count, Pipeline.maximumParts))
        self.events = events
        pipeline = Pipeline(options: options)
        threads = (0..<parts).map { AnalysisThread($0, options: options, queues, events) }
        printer = PrintingThread(writer, parts: parts, events: events)
    }

    mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool {
        if !hasBegun { try begin(at: capture.batch[0].time) }
        // What was dealt stands in memory that is used again soon.
        if capture.turnCount != turnCount {
            turnCount = capture.turnCount
            handOn()
            if capture.lentByteCount > Self.lentBytes {
                settle()
                capture.endLending()
            }
        }
        if hasFullBlock { handOn() }
        pipeline.deal(capture.batch, to: &blocks, parts: threads.count)
        return !events.hasStopped
    }

    mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions) {
        if hasBegun { join() }
        if let failure = printer.failure { throw failure }
        pipeline.finish(into: &printer.writer)
        let omissions = try printer.writer.finish()
        return (pipeline.summary, omissions)
    }

    private mutating func begin(at time: Timestamp) throws(OutputFile.Failure) {
        hasBegun = true
        pipeline.begin(at: time, into: &printer.writer)
        let haveStarted = threads.allSatisfy { $0.start() } && printer.start()
        guard haveStarted else {
            events.stop()
            join()
            throw .failed("no thread can be started")
        }
    }

    private var hasFullBlock: Bool {
        for part in threads.indices where blocks[part].isFull { return true }
        return false
    }

    /// Hands the blocks of all parts on together.
    private mutating func handOn() {
        pipeline.close(&blocks)
        for part in threads.indices { _ = queues.put(&blocks[part], of: part) }
    }

    /// Waits until all parts are done with what was handed on: so many empty blocks may wait behind it.
    private mutating func settle() {
        for _ in 0...HandoverQueues<PacketBlock>.capacity { handOn() }
    }

    /// Bytes of memory that packets may be lent from before all parts have to be done with them.
    private static var lentBytes: Int { 8 << 20 }

    private mutating func join() {
        handOn()
        for part in threads.indices { queues.complete(part) }
        for thread in threads { thread.join() }
        printer.join()
        for (index, thread) in threads.enumerated() {
            pipeline.join(&thread.part, index, of: threads.count, printer.merge)
        }
    }
}

extension HandoverQueues where Item == PacketBlock {
    /// How far a capture's turns must count before the memory of its packets is used again: for the blocks that wait, the
    /// one that is worked on, the one that is filled, and the turn that is noticed behind its batch.
    static var turns: Int { capacity + 3 }
}
