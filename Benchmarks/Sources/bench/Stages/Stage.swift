/// A stage of the pipeline, to be measured beside the least that could do.
protocol Stage {
    /// Its name.
    var name: String { get }
    /// What it is measured beside.
    var referenceName: String { get }
    /// What is counted: "packet", "frame", "message", "event".
    var unit: String { get }
    /// How many of them one run takes.
    var unitCount: UInt64 { get }
    /// How often it may ask for memory for each of them.
    var mostAllocations: Double { get }

    /// Does the least that could do.
    func runReference() throws
    /// Runs the stage, and holds what it finds against what was made.
    func run() throws
}

/// What was measured of a stage.
struct StageResult {
    let stage: any Stage
    /// Empty where no time was measured.
    let pairs: Pairs
    let allocations: Allocations

    init(_ stage: any Stage, pairs count: Int) throws {
        self.stage = stage
        pairs = try Pairs(
            count, reference: { try seconds(stage.runReference) }, own: { try seconds(stage.run) })
        let before = Allocations.now
        try stage.run()
        allocations = Allocations(
            count: Allocations.now - before, units: stage.unitCount, limit: stage.mostAllocations)
    }
}
