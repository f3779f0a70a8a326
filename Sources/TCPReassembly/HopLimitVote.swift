/// The hop limit (RFC 8200 3; time to live, RFC 791 3.1) that most of one direction's segments have, and which segments
/// fall short of it: those that may die on the way, so that only an observer sees them.
///
/// Each segment votes: one near the value makes it stronger, any other weaker, and where nothing is left of it the next
/// one takes its place. So a change of route is believed after a few segments.
struct HopLimitVote: Sendable {
    private var value: UInt8 = 0
    private var weight: UInt8 = 0

    /// The weight from which a segment may fall short.
    private static let settledWeight: UInt8 = 2
    /// The most weight: as many segments, less one, are in doubt when the route has changed.
    private static let maximumWeight: UInt8 = 6
    /// How far below the value a segment must be.
    private static let margin: UInt8 = 5
    /// The most hops that a segment may have left to be in doubt: paths are seldom longer.
    private static let longestPath: UInt8 = 32

    /// Whether enough segments agree to judge others by.
    var isSettled: Bool { weight >= Self.settledWeight }

    /// Whether a vote for this value changes nothing: most do not.
    func isSure(of hopLimit: UInt8) -> Bool { hopLimit == value && weight == Self.maximumWeight }

    /// Whether a vote for this value makes it stronger, and does nothing else.
    @inline(__always)
    func agrees(with hopLimit: UInt8) -> Bool { hopLimit == value && weight > 0 }

    /// Takes a vote for the value, which ``agrees(with:)``.
    @inline(__always)
    mutating func strengthen() {
        if weight < Self.maximumWeight { weight &+= 1 }
    }

    /// Takes a segment's vote.
    ///
    /// - Returns: Whether the segment falls short.
    mutating func isShort(_ hopLimit: UInt8) -> Bool {
        let distance = hopLimit > value ? hopLimit &- value : value &- hopLimit
        if distance < Self.margin, weight > 0 {
            weight = min(weight &+ 1, Self.maximumWeight)
            return false
        }
        guard weight > 0 else {
            value = hopLimit
            weight = 1
            return false
        }
        let isShort = isSettled && hopLimit < value && hopLimit <= Self.longestPath
        weight &-= 1
        return isShort
    }
}
