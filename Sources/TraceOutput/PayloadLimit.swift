/// How much of each payload to show (`--payload BYTES|all|none`).
public enum PayloadLimit: Hashable, Sendable {
    /// Nothing.
    case none
    /// At most so many: bytes in a trace, characters in a timeline.
    case atMost(Int)
    /// Everything.
    case all

    /// The largest number that is shown; `Int.max` for all.
    public var maximum: Int {
        switch self {
        case .none: 0
        case .atMost(let count): max(0, count)
        case .all: .max
        }
    }
}

/// Which payload bytes an output needs from the analysis.
public struct PayloadNeeds: Hashable, Sendable {
    /// At most so many bytes of each payload; nil for all of them.
    public var maximumBytes: Int?
    /// Whether data frames need their own bytes beside those of their message.
    public var framePayloads: Bool

    /// Makes needs.
    public init(maximumBytes: Int?, framePayloads: Bool) {
        self.maximumBytes = maximumBytes
        self.framePayloads = framePayloads
    }
}
