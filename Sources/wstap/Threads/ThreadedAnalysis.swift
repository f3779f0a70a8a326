import CaptureAnalysis
import PacketCapture
import TraceOutput
import WireFormat

/// An analysis on several threads: the one that uses it reads, decodes and deals the packets to parts; a crew, which it
/// leads, does the rest.
struct ThreadedAnalysis<Format: OutputFormat & ~Copyable, Batch: OutputBatch & ~Copyable>: FileAnalysis, ~Copyable {
    private var pipeline: Pipeline
    private var blocks = Pipeline.Blocks { _ in PacketBlock() }
    private let size: CrewSize
    private let parts: [AnalysisPart<Batch>]
    private let merging: MergingPart<Format, Batch>
    private let crew: Crew<PacketBlock, Batch>
    private var turnCount = 0
    private var hasBegun = false

    /// Makes one that is ready to begin.
    ///
    /// - Parameters:
    ///   - options: What it is to do.
    ///   - size: How many threads share it.
    ///   - writer: What prints and writes.
    ///   - batch: Makes an empty batch of what passes to that.
    init(
        _ options: AnalysisOptions, _ size: CrewSize, _ writer: consuming EventWriter<Format>, batch: () -> Batch
    ) {
        let parts = (0..<size.parts).map { AnalysisPart($0, options: options, batch()) }
        let merging = MergingPart(MergedOutput(writer, parts: size.parts, batch: batch))
        self.size = size
        self.parts = parts
        self.merging = merging
        pipeline = Pipeline(options: options)
        crew = Crew(size, block: { PacketBlock() }, batch: batch) { block, turn, crew in
            parts[turn.part].receive(&block, turn, of: crew)
        } merge: { crew in
            merging.run(for: crew)
        }
    }

    mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool {
        if !hasBegun { begin(at: capture.batch[0].time) }
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
        return !crew.hasMerged
    }

    mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions) {
        if hasBegun { join() }
        if let failure = merging.failure { throw failure }
        pipeline.finish(into: &merging.output.writer)
        let omissions = try merging.output.writer.finish()
        return (pipeline.summary, omissions)
    }

    private mutating func begin(at time: Timestamp) {
        hasBegun = true
        pipeline.begin(at: time, into: &merging.output.writer)
        // Where the system has no thread, those that there are do it all.
        for _ in 0..<size.workers { guard crew.startWorker() else { break } }
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
        for (index, part) in parts.enumerated() {
            pipeline.join(&part.part, index, of: size.parts, merging.output.merge)
        }
    }
}
