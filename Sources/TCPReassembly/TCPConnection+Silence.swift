import PacketDecoding
public import WireFormat

/// Ends that do not answer, and ends that take nothing.
extension TCPConnection {
    /// The segments by which an end asked for a word of the other, up to the connection's last packet; nil where it did not,
    /// or was answered.
    public func unanswered(_ direction: Direction) -> UnansweredRun? {
        guard let run = unanswered?.runs[direction.index], run.segments > 0, isHeard(direction.opposite) else {
            return nil
        }
        return run
    }

    mutating func countUnanswered(_ direction: Direction, _ time: Timestamp) {
        let unanswered = unanswered ?? UnansweredRuns()
        self.unanswered = unanswered
        attention.insert(.unanswered)
        unanswered.runs[direction.index].count(at: time)
    }

    /// Ends an end's run, since a packet of the other end has come.
    mutating func endUnanswered(of direction: Direction) {
        guard let unanswered else { return }
        unanswered.runs[direction.index] = UnansweredRun()
        attention.set(.unanswered, to: unanswered.runs[direction.opposite.index].segments > 0)
    }

    /// The stall of an end's window that has ended and was not told yet.
    public mutating func takeStall(_ direction: Direction) -> WindowStall? {
        let stall = closedWindows?.takeStall(direction)
        if closedWindows?.isIdle == true { closedWindows = nil }
        return stall
    }

    /// Ends the stalls that last: the connection, or the capture, is over.
    public mutating func endStalls() {
        closedWindows?.end(.fromInitiator, time: lastTime)
        closedWindows?.end(.fromResponder, time: lastTime)
    }

    /// Learns a window that is zero, or another while one is closed.
    mutating func noteWindow(
        _ segment: borrowing TCPSegment, _ direction: Direction, packet: UInt64, time: Timestamp,
        _ arrival: inout Arrival
    ) {
        // RFC 9293 3.10.7.4: the window counts with an acknowledgment; a reset's means nothing.
        guard segment.flags.contains(.ack), segment.flags.isDisjoint(with: [.syn, .rst]) else { return }
        let windows = closedWindows ?? ClosedWindows()
        closedWindows = windows
        if windows.note(isZero: segment.window == 0, from: direction, packet: packet, time: time) {
            arrival.isDoubtful = true
        }
        if windows.isIdle { closedWindows = nil }
    }
}
