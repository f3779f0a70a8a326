import CaptureAnalysis

/// How many threads share an analysis, and how far they may get ahead of each other.
struct CrewSize {
    /// How many parts it has, 1 to 8.
    var parts: Int
    /// How many threads should be busy at most.
    var jobs: Int
    /// How many threads there are beside the one that reads.
    var workers: Int
    /// Blocks of a part that wait at most, 1 to 8.
    var blocks = usualBlocks
    /// Batches of a part that wait at most, 1 to 8.
    var batches = 8

    private static var usualBlocks: Int { 8 }

    /// How far a capture's turns must count before the memory of its packets is used again: for the blocks that wait, the
    /// one that is run, the one that is filled, and the turn that is noticed behind its batch.
    static var turns: Int { usualBlocks + 3 }

    /// What `--jobs` asks for.
    ///
    /// - Parameter count: The jobs, 2 or more; more than can be busy count no more.
    init(jobs count: Int) {
        jobs = min(count, Pipeline.maximumParts + 1)
        parts = min(jobs, Pipeline.maximumParts)
        workers = jobs - 1
    }
}
