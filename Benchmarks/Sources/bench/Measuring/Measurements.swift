import AllocationCount
import BenchmarkStages
import GeneratedCaptures

/// The times of something and its reference, measured in turns: A B A B.
struct Pairs {
    /// The times of each run of the reference and of the run right after it, in seconds.
    private(set) var pairs: [(reference: Double, own: Double)] = []

    /// Runs both `count` times, by default after one uncounted run.
    init(
        _ count: Int, isWarmedUp: Bool = true, reference: () throws -> Double, own: () throws -> Double
    ) rethrows {
        if isWarmedUp, count > 0 { _ = try (reference(), own()) }
        for _ in 0..<count { pairs.append(try (reference(), own())) }
    }

    /// The median of the references, in seconds.
    var reference: Double { median(pairs.map(\.reference)) }
    /// The median of the runs being measured, in seconds.
    var own: Double { median(pairs.map(\.own)) }
    /// The ratio to the reference, over all pairs: median, least and most.
    var ratio: (median: Double, least: Double, most: Double) {
        let ratios = pairs.map { $0.own / $0.reference }
        return (median(ratios), ratios.min() ?? 0, ratios.max() ?? 0)
    }
}

/// The middle value, or the mean of the two middle values if their number is even.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// The seconds that something takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
}

/// The number of allocations, and how many are allowed.
struct Allocations {
    let count: UInt64
    let units: UInt64
    /// The most per unit.
    let limit: Double

    /// The number of allocations of this process so far.
    static var now: UInt64 { allocation_count() }

    var perUnit: Double { Double(count) / Double(max(1, units)) }

    /// Whether there are more allocations than allowed.
    var isTooMany: Bool { perUnit > limit }
}

/// The measurements of a stage.
struct StageResult {
    let stage: any Stage
    /// The measured pairs; empty if no time was measured.
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

/// The number of allocations on the whole path from the file to a format.
struct WholeAllocations {
    let capture: String
    let format: String
    let perPacket: Allocations
    let frames: UInt64

    var perFrame: Double? { frames == 0 ? nil : Double(perPacket.count) / Double(frames) }

    /// Allocations allowed per packet of each capture: a sixth more than when the limit was set.
    ///
    /// Connections, sessions and long messages allocate; packets and frames do not. Whoever reduces allocations lowers
    /// the limit.
    private static let limits: [String: (summary: Double, trace: Double)] = [
        "small": (0.16, 0.61), "bulk": (0.0125, 0.045), "mixed": (2.75, 3.43), "noise": (0.542, 0.54),
    ]

    /// Measures a format.
    ///
    /// - Parameters:
    ///   - capture: What to read.
    ///   - format: The format.
    ///   - isLimited: Whether the limits apply: in part of a capture, one-time allocations weigh more.
    /// - Throws: If the capture cannot be read, or the format reports something wrong.
    init(_ capture: CaptureOnDisk, _ format: WholeFormat, isLimited: Bool) throws {
        self.capture = capture.name
        self.format = format.rawValue
        frames = capture.truth.frames
        let limits = isLimited ? Self.limits[capture.name] : nil
        let before = Allocations.now
        try format.read(capture)
        perPacket = Allocations(
            count: Allocations.now - before, units: capture.truth.packets,
            limit: (format == .summary ? limits?.summary : limits?.trace) ?? .infinity)
    }
}
