import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What a session says of segments that were held back.
extension Session {
    /// Waits for the segment behind a small one that ends inside of a frame.
    mutating func beginStallWatch(_ role: Role, end: UInt64, at time: Timestamp) {
        streams[role.index].stalls.begin(end: end, at: time)
        watchesSegments = true
    }

    /// Tells of the first segment that was held back.
    mutating func tell(
        _ stall: StallWatch.Stall, from role: Role, streamOffset: UInt64, view: ConnectionView,
        state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) {
        guard streams[role.index].stalls.count == 1 else { return }
        report(
            "A segment of \(stall.length) bytes, amid a frame, was held back for "
                + "\(Finding.milliseconds(stall.heldFor)) until the one before it was acknowledged (Nagle's algorithm and delayed acknowledgments).",
            from: role, streamOffset: streamOffset, state.context(connection: number, view: view), &state, &sink)
    }

    /// Tells how often that happened, where it was more than once.
    mutating func tellStalls(
        _ context: EventContext, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        for role in Role.allCases where streams[role.index].stalls.count > 1 {
            let stalls = streams[role.index].stalls
            report(
                "\(stalls.count) segments, each amid a frame, were held back like this: "
                    + "\(Finding.milliseconds(stalls.total)) in all, "
                    + "the longest \(Finding.milliseconds(stalls.longest)).",
                from: role, streamOffset: nil, context, &state, &sink)
        }
    }

    private func report(
        _ text: String, from role: Role, streamOffset: UInt64?, _ context: EventContext,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        let finding = Finding(
            rule: "tcp.nagle-stall", severity: .warning, reference: "RFC 9293 3.7.4", text: text, from: role,
            streamOffset: streamOffset)
        state.report(finding, at: context, into: &sink)
    }
}
