import PacketDecoding
public import WireFormat

/// A time in which one end took no bytes: its window was zero (RFC 9293 3.8.6.1).
public struct WindowStall: Sendable {
    /// The 1-based number of the packet that closed the window.
    public var firstPacket: UInt64
    /// The packet that opened it again; nil while it is closed.
    public var lastPacket: UInt64?
    /// How long that was, in nanoseconds; as far as packets tell.
    public var duration: Int64
}

/// The windows that are closed at the moment, by the direction that their ends send: made at the first one, since most
/// connections never see one.
final class ClosedWindows {
    private struct Closure {
        var packet: UInt64
        var time: Timestamp
    }

    private var closures = InlineArray<2, Closure?>(repeating: nil)
    private var stalls = InlineArray<2, WindowStall?>(repeating: nil)

    /// A window that opens again sooner is the usual flow control.
    static let shortestStall: Int64 = 100_000_000

    /// Whether none is closed and nothing is to be told.
    var isIdle: Bool { closures[0] == nil && closures[1] == nil && stalls[0] == nil && stalls[1] == nil }

    /// Learns the window that an end announces; tells whether a stall is to be told.
    func record(isZero: Bool, from direction: Direction, packet: UInt64, time: Timestamp) -> Bool {
        if isZero {
            if closures[direction.index] == nil { closures[direction.index] = Closure(packet: packet, time: time) }
            return false
        }
        guard let closure = closures[direction.index] else { return false }
        closures[direction.index] = nil
        stalls[direction.index] = stall(closure, until: packet, time)
        return stalls[direction.index] != nil
    }

    /// The stall of an end that was not told yet.
    func takeStall(_ direction: Direction) -> WindowStall? {
        defer { stalls[direction.index] = nil }
        return stalls[direction.index]
    }

    /// Ends the stall that lasts, since the connection or the capture is over.
    func end(_ direction: Direction, time: Timestamp) {
        guard let closure = closures[direction.index] else { return }
        closures[direction.index] = nil
        stalls[direction.index] = stall(closure, until: nil, time)
    }

    private func stall(_ closure: Closure, until packet: UInt64?, _ time: Timestamp) -> WindowStall? {
        let duration = time.nanoseconds(since: closure.time)
        guard duration >= Self.shortestStall else { return nil }
        return WindowStall(firstPacket: closure.packet, lastPacket: packet, duration: duration)
    }
}

/// Ends that take nothing.
extension TCPConnection {
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
    mutating func recordWindow(
        _ segment: borrowing TCPSegment, _ direction: Direction, packet: UInt64, time: Timestamp,
        _ arrival: inout Arrival
    ) {
        // RFC 9293 3.10.7.4: the window counts with an acknowledgment; a reset's means nothing.
        guard segment.flags.contains(.ack), segment.flags.isDisjoint(with: [.syn, .rst]) else { return }
        let windows = closedWindows ?? ClosedWindows()
        closedWindows = windows
        if windows.record(isZero: segment.window == 0, from: direction, packet: packet, time: time) {
            arrival.isDoubtful = true
        }
        if windows.isIdle { closedWindows = nil }
    }
}
