package import WireFormat

/// Segments of one end that call for an answer and got none: retransmissions and keep-alive probes (RFC 9293 3.8.1,
/// 3.8.4).
package struct UnansweredRun: Sendable {
    /// Their number.
    package private(set) var segments: UInt64 = 0
    /// When the first of them was captured.
    package private(set) var start = Timestamp(nanoseconds: 0)
    /// When the last of them was captured.
    package private(set) var end = Timestamp(nanoseconds: 0)

    /// Counts a segment.
    mutating func count(at time: Timestamp) {
        if segments == 0 { start = time }
        segments &+= 1
        end = time
    }
}

/// The runs of both ends, by direction; kept outside the connection, since most never need them.
final class UnansweredRuns {
    var runs = InlineArray<2, UnansweredRun>(repeating: UnansweredRun())
}

/// Ends that do not answer.
extension TCPConnection {
    /// The unanswered segments of an end up to the connection's last packet; nil if there are none.
    package mutating func unanswered(_ direction: Direction) -> UnansweredRun? {
        guard let run = unanswered?.runs[direction.index], run.segments > 0, isHeard(direction.opposite) else {
            return nil
        }
        return run
    }

    mutating func countUnanswered(_ direction: Direction, _ time: Timestamp) {
        guard !hasSureReset else { return }
        let unanswered = unanswered ?? UnansweredRuns()
        self.unanswered = unanswered
        slowPathReasons.insert(.unanswered)
        unanswered.runs[direction.index].count(at: time)
    }

    /// Ends an end's run, since the other end has sent a packet.
    mutating func endUnanswered(of direction: Direction) {
        guard let unanswered else { return }
        unanswered.runs[direction.index] = UnansweredRun()
        slowPathReasons.set(.unanswered, to: unanswered.runs[direction.opposite.index].segments > 0)
    }
}
