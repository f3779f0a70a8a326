import CaptureAnalysis

/// How many threads share an analysis, and how far they may get ahead of each other.
struct CrewSize {
    /// How many parts it has, 1 to 8.
    var parts: Int
    /// How many threads should be busy at most.
    var jobs: Int
    /// How many threads run them, beside the one that reads: one less than parts, or more.
    var workers: Int
    /// Blocks of a part that wait at most.
    var blocks = usualBlocks
    /// Batches of events of a part that wait at most.
    var batches = EventQueues.usualCapacity

    private static var usualBlocks: Int { 8 }

    /// How far a capture's turns must count before the memory of its packets is used again: for the blocks that wait, the
    /// one that is run, the one that is filled, and the turn that is noticed behind its batch.
    static var turns: Int { usualBlocks + 3 }

    /// What `--jobs` asks for.
    ///
    /// To print frames keeps one thread busy, so that the others are one less; a summary's few events do not.
    ///
    /// - Parameters:
    ///   - count: The jobs, 2 or more; more than can be busy count no more.
    ///   - printsFrames: Whether frames are printed.
    init(jobs count: Int, printsFrames: Bool) {
        let count = min(count, Pipeline.maximumParts + 1)
        jobs = printsFrames ? count + 1 : count
        parts = min(printsFrames ? count - 1 : count, Pipeline.maximumParts)
        workers = min(count - 1, Pipeline.maximumParts)
    }
}
