import PacketDecoding
package import WireFormat

/// A period in which one end accepted no bytes: its window was zero (RFC 9293 3.8.6.1).
package struct WindowStall: Sendable {
    /// The 1-based number of the packet that closed the window.
    package var firstPacket: UInt64
    /// The packet that opened it again; nil while it is closed.
    package var lastPacket: UInt64?
    /// Its length in nanoseconds, as far as the packets show.
    package var duration: Int64
}

/// The currently closed windows, by the direction that their ends send; created with the first one, since most
/// connections never have any.
final class ClosedWindows {
    private var closures = InlineArray<2, Origin?>(repeating: nil)
    private var stalls = InlineArray<2, WindowStall?>(repeating: nil)

    /// A window that reopens sooner is ordinary flow control.
    static let shortestStall: Int64 = 100_000_000

    /// Whether no window is closed and no stall is left to report.
    var isIdle: Bool { closures[0] == nil && closures[1] == nil && stalls[0] == nil && stalls[1] == nil }

    /// Whether an end's window is closed.
    func isClosed(_ direction: Direction) -> Bool { closures[direction.index] != nil }

    /// Records the window that an end announces; returns whether a stall is to be reported.
    func record(isZero: Bool, from direction: Direction, at origin: Origin) -> Bool {
        if isZero {
            if closures[direction.index] == nil { closures[direction.index] = origin }
            return false
        }
        guard let closure = closures[direction.index] else { return false }
        closures[direction.index] = nil
        stalls[direction.index] = stall(closure, until: origin.packet, origin.time)
        return stalls[direction.index] != nil
    }

    /// The stall of an end that has not been reported yet.
    func takeStall(_ direction: Direction) -> WindowStall? {
        defer { stalls[direction.index] = nil }
        return stalls[direction.index]
    }

    /// Ends an open stall, since the connection or the capture is over.
    func end(_ direction: Direction, time: Timestamp) {
        guard let closure = closures[direction.index] else { return }
        closures[direction.index] = nil
        stalls[direction.index] = stall(closure, until: nil, time)
    }

    private func stall(_ closure: Origin, until packet: UInt64?, _ time: Timestamp) -> WindowStall? {
        let duration = time.nanoseconds(since: closure.time)
        guard duration >= Self.shortestStall else { return nil }
        return WindowStall(firstPacket: closure.packet, lastPacket: packet, duration: duration)
    }
}

/// Ends that accept nothing.
extension TCPConnection {
    /// The stall of an end's window that has ended but has not been reported yet.
    package mutating func takeStall(_ direction: Direction) -> WindowStall? {
        let stall = closedWindows?.takeStall(direction)
        if closedWindows?.isIdle == true { closedWindows = nil }
        return stall
    }

    /// Ends open stalls, since the connection or the capture is over.
    package mutating func endStalls() {
        closedWindows?.end(.fromInitiator, time: lastTime)
        closedWindows?.end(.fromResponder, time: lastTime)
    }

    /// Records a zero window, or any window while one is closed.
    mutating func recordWindow(
        _ segment: borrowing TCPSegment, _ direction: Direction, at origin: Origin, _ arrival: inout Arrival
    ) {
        // RFC 9293 3.10.7.4: the window is valid together with an acknowledgment; a RST's window means nothing.
        guard segment.flags.contains(.ack), segment.flags.isDisjoint(with: [.syn, .rst]) else { return }
        let windows = closedWindows ?? ClosedWindows()
        closedWindows = windows
        if windows.record(isZero: segment.window == 0, from: direction, at: origin) {
            arrival.isDoubtful = true
        }
        if windows.isIdle { closedWindows = nil }
    }
}
