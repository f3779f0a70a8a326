/// What a thing and its reference took, measured in turns: A B A B.
struct Pairs {
    /// A run of the reference and the run of the thing right behind it, in seconds.
    private(set) var pairs: [(reference: Double, own: Double)] = []

    /// Runs both `count` times, and once before without counting, unless told otherwise.
    init(
        _ count: Int, isWarmedUp: Bool = true, reference: () throws -> Double, own: () throws -> Double
    ) rethrows {
        if isWarmedUp, count > 0 { _ = try (reference(), own()) }
        for _ in 0..<count { pairs.append(try (reference(), own())) }
    }

    /// The median of the references, in seconds.
    var reference: Double { median(pairs.map(\.reference)) }
    /// The median of the thing, in seconds.
    var own: Double { median(pairs.map(\.own)) }
    /// How many times as long as its reference the thing took: of each pair, the median and the ends.
    var ratio: (median: Double, least: Double, most: Double) {
        let ratios = pairs.map { $0.own / $0.reference }
        return (median(ratios), ratios.min() ?? 0, ratios.max() ?? 0)
    }
}

/// The middle one; of an even number, the mean of the two in the middle.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// How many seconds something takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
}
