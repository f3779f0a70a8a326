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
    /// How many packets of the other end had come before them.
    private var heard: UInt64 = 0

    /// Counts one more; packets of the other end since the last one begin the run anew.
    mutating func count(at time: Timestamp, heard: UInt64) {
        if segments == 0 || heard != self.heard {
            segments = 0
            start = time
            self.heard = heard
        }
        segments &+= 1
        end = time
    }

    /// Whether the other end was ever heard, and not since.
    func lasts(heard: UInt64) -> Bool { segments > 0 && heard > 0 && heard == self.heard }
}

/// The runs of both ends, by direction; apart from its connection, since most never need it.
final class UnansweredRuns {
    var runs = InlineArray<2, UnansweredRun>(repeating: UnansweredRun())
}
