import CaptureAnalysis
import PacketCapture
import TraceOutput
import WireFormat

/// An analysis on several threads: the one that uses it reads, decodes and deals the packets; a crew analyses, which it
/// leads; one thread prints.
struct ThreadedAnalysis<Format: OutputFormat & ~Copyable>: FileAnalysis, ~Copyable {
    private var pipeline: Pipeline
    private var blocks = Pipeline.Blocks { _ in PacketBlock() }
    private let size: CrewSize
    private let parts: [AnalysisPart]
    private let crew: Crew<PacketBlock>
    private let printer: PrintingThread<Format>
    private let events: EventQueues
    private var turnCount = 0
    private var hasBegun = false

    /// Makes one that is ready to begin.
    ///
    /// - Parameters:
    ///   - options: What it is to do.
    ///   - size: How many threads share it.
    ///   - writer: What prints and writes.
    init(_ options: AnalysisOptions, _ size: CrewSize, _ writer: consuming EventWriter<Format>) {
        let events = EventQueues(capacity: size.batches)
        let parts = (0..<size.parts).map { _ in AnalysisPart(options: options, events) }
        self.size = size
        self.events = events
        self.parts = parts
        pipeline = Pipeline(options: options)
        crew = Crew(
            parts: size.parts, jobs: size.jobs, capacity: size.blocks, item: { PacketBlock() }
        ) { block, turn, crew in
            parts[turn.part].receive(&block, turn, of: crew)
        }
        printer = PrintingThread(writer, parts: size.parts, events: events, crew)
    }

    mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool {
        if !hasBegun { try begin(at: capture.batch[0].time) }
        // What was dealt stands in memory that is used again soon.
        if capture.turnCount != turnCount {
            turnCount = capture.turnCount
            handOn()
            if capture.lentByteCount > Self.lentBytes {
                crew.settle()
                capture.endLending()
            }
        }
        if hasFullBlock { handOn() }
        pipeline.deal(capture.batch, to: &blocks, parts: size.parts)
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
        let haveStarted = printer.start() && (0..<size.workers).allSatisfy { _ in crew.startWorker() }
        guard haveStarted else {
            events.stop()
            join()
            throw .failed("no thread can be started")
        }
    }

    private var hasFullBlock: Bool {
        for part in 0..<size.parts where blocks[part].isFull { return true }
        return false
    }

    /// Hands the blocks of all parts on together.
    private mutating func handOn() {
        pipeline.close(&blocks)
        crew.handOn(&blocks)
    }

    /// Bytes of memory that packets may be lent from before all parts have to be done with them.
    private static var lentBytes: Int { 8 << 20 }

    private mutating func join() {
        handOn()
        crew.finish()
        events.complete()
        printer.join()
        for (index, part) in parts.enumerated() {
            pipeline.join(&part.part, index, of: size.parts, printer.merge)
        }
    }
}
