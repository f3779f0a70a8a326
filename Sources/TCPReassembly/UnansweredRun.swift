public import WireFormat

/// Segments by which an end asked for a word of the other, and got none: data sent again, and keep-alive probes
/// (RFC 9293 3.8.1, 3.8.4).
public struct UnansweredRun: Sendable {
    /// How many there were.
    public private(set) var segments: UInt64 = 0
    /// When the first of them was captured.
    public private(set) var start = Timestamp(nanoseconds: 0)
    /// When the last of them was captured.
    public private(set) var end = Timestamp(nanoseconds: 0)

    /// Counts one more.
    mutating func count(at time: Timestamp) {
        if segments == 0 { start = time }
        segments &+= 1
        end = time
    }
}

/// The runs of both ends, by direction; apart from its connection, since most never need it.
final class UnansweredRuns {
    var runs = InlineArray<2, UnansweredRun>(repeating: UnansweredRun())
}
