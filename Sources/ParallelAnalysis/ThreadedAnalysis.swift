package import CaptureAnalysis
package import PacketCapture
package import TraceOutput
package import WireFormat

/// An analysis on several threads: the caller's thread reads and decodes packets and deals them to parts; a crew, which
/// it leads, does the rest.
package struct ThreadedAnalysis<Format: OutputFormat & ~Copyable, Batch: OutputBatch & ~Copyable>: FileAnalysis,
    ~Copyable
{
    private var pipeline: Pipeline
    private var blocks = PerPart { _ in PacketBlock() }
    private let size: CrewSize
    private let parts: [AnalysisPart<Batch>]
    private let merging: MergeTask<Format, Batch>
    private let crew: Crew<PacketBlock, Batch>
    private var turnCount = 0
    private var hasBegun = false

    /// Creates an idle analysis; threads start with the first packet.
    ///
    /// - Parameters:
    ///   - options: The options of the analysis.
    ///   - size: How many threads share it.
    ///   - writer: Formats and writes.
    ///   - batch: Creates an empty batch, in which parts pass their events to `writer`.
    package init(
        _ options: AnalysisOptions, _ size: CrewSize, _ writer: consuming EventWriter<Format>, batch: () -> Batch
    ) {
        let parts = (0..<size.parts).map { AnalysisPart($0, options: options, batch()) }
        let merging = MergeTask(MergedOutput(writer, parts: size.parts, batch: batch))
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

    package mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool {
        if !hasBegun { begin(at: capture.batch[0].time) }
        // The memory of the packets dealt so far will soon be reused.
        let isElsewhere = capture.turnCount != turnCount
        if isElsewhere { turnCount = capture.turnCount }
        if isElsewhere || hasFullBlock { submit() }
        pipeline.deal(capture.batch, to: &blocks, parts: size.parts)
        // Before the next packet is read, which may be as large.
        if isElsewhere, capture.lentByteCount > size.lentBytes {
            submit()
            crew.settle()
            capture.endLending()
        }
        return !crew.hasMerged
    }

    package mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions) {
        if hasBegun { join() }
        if let failure = merging.failure { throw failure }
        pipeline.finish(into: &merging.output.writer)
        let omissions = try merging.output.writer.finish()
        return (pipeline.summary, omissions)
    }

    private mutating func begin(at time: Timestamp) {
        hasBegun = true
        pipeline.begin(at: time, into: &merging.output.writer)
        // If the system has no more threads, the existing ones do all the work.
        for _ in 0..<size.workers { guard crew.startWorker() else { break } }
    }

    private var hasFullBlock: Bool {
        for part in 0..<size.parts where blocks[part].isFull { return true }
        return false
    }

    /// Submits the blocks of all parts together.
    private mutating func submit() {
        pipeline.close(&blocks)
        crew.submit(&blocks)
    }

    private mutating func join() {
        submit()
        crew.finish()
        for (index, part) in parts.enumerated() {
            pipeline.join(&part.part, index, of: size.parts, merging.output.merge)
        }
    }
}

/// How many threads share an analysis, and how far they may get ahead of each other.
package struct CrewSize {
    /// How many parts the analysis has: 1 to ``CaptureAnalysis/Pipeline/maximumParts``.
    package var parts: Int
    /// The most threads that should be busy.
    package var jobs: Int
    /// How many threads there are besides the one that reads.
    package var workers: Int
    /// How many blocks of a part may wait: 1 to 8.
    package var blocks = usualBlocks
    /// How many batches of a part may wait: 1 to 8.
    package var batches = 8
    /// Bytes of lent memory beyond which all parts must finish before more packets are read.
    package var lentBytes = 8 << 20

    private static var usualBlocks: Int { 8 }

    /// How many turns a capture must keep packets in memory: for the waiting blocks, the one that runs, the one being
    /// filled, and the turn that is noticed only after its batch.
    package static var turns: Int { usualBlocks + 3 }

    /// The size for `--jobs`.
    ///
    /// - Parameters:
    ///   - count: The jobs, 2 or more; capped at one per part and one for the thread that reads.
    ///   - memory: The program's memory.
    package init(jobs count: Int, memory: MemoryBudget = .standard) {
        jobs = min(count, Pipeline.maximumParts + 1)
        parts = min(jobs, Pipeline.maximumParts)
        workers = jobs - 1
        // A waiting block with its batch takes 384 KiB at most.
        let waiting = memory.threads / parts / (384 << 10)
        blocks = min(blocks, max(1, waiting))
        batches = min(batches, max(1, waiting))
        lentBytes = min(lentBytes, memory.threads / 3)
    }
}
