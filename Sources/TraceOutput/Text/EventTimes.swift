package import CaptureAnalysis
package import WireFormat

extension EventContext {
    /// Where something happened: at `origin`, or where it is reported if that is nil.
    package func place(of origin: Origin?) -> Origin { origin ?? Origin(packet: packet, time: time) }

    /// The same as nanoseconds since the capture's first packet.
    func elapsed(of origin: Origin?) -> Int64 {
        guard let origin else { return elapsed }
        return origin.elapsed(at: self)
    }
}

extension ConnectionStart {
    /// When the connection began, in nanoseconds since the capture's first packet: its SYN, or the first evidence of
    /// the session.
    func elapsed(at context: borrowing EventContext) -> Int64 {
        let time = context.time
        return context.elapsed &- (tcp.syn.map { time.nanoseconds(since: $0.time) } ?? 0)
    }
}

extension Origin {
    /// When the bytes were captured, in nanoseconds since the capture's first packet; may be earlier than they could be
    /// read.
    func elapsed(at context: borrowing EventContext) -> Int64 {
        context.elapsed &+ time.nanoseconds(since: context.time)
    }
}

extension SessionEnd {
    /// When the session was over, in nanoseconds since the capture's first packet: when an end was closed, or else at
    /// the connection's last packet; the capture's end if it was not over.
    ///
    /// - Parameters:
    ///   - start: When the connection began.
    ///   - now: When the capture ended.
    /// - Returns: The time.
    func endElapsed(start: Int64, now: Int64) -> Int64 {
        if verdict.layer == .captureEnd { return now }
        let closed = (clientReadyStates + serverReadyStates).filter { $0.state == .closed }.map(\.elapsed)
        let (last, isOverflow) = start.addingReportingOverflow(duration)
        return closed.min() ?? (isOverflow ? now : last)
    }
}
