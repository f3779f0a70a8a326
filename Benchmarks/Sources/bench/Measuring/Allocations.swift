import AllocationCount

/// How often something asked for memory, and how often it may.
struct Allocations {
    let count: UInt64
    let units: UInt64
    /// The most for each unit.
    let limit: Double

    /// How often this process has asked so far.
    static var now: UInt64 { allocation_count() }

    var perUnit: Double { Double(count) / Double(max(1, units)) }

    /// Whether there are more than there may be.
    var isTooMany: Bool { perUnit > limit }
}
