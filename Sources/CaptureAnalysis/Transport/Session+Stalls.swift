import WebSocketProtocol
import WireFormat

/// What a session says of segments that were held back.
extension Session {
    /// Whether the next segment of an end may have been held back.
    mutating func awaitsStall(of role: Role) -> Bool { streams[role.index].stalls.isArmed }

    /// Takes the other end's acknowledgment (``StallWatch/acknowledge(_:isPlain:at:)``).
    mutating func acknowledge(_ role: Role, to offset: UInt64, isPlain: Bool, at time: Timestamp) {
        streams[role.index].stalls.acknowledge(offset, isPlain: isPlain, at: time)
    }

    /// Takes the next segment of an end (``StallWatch/receive(next:at:slack:)``).
    mutating func endStall(
        of role: Role, next length: Int?, at time: Timestamp, slack: Int64
    ) -> StallWatch.Stall? {
        streams[role.index].stalls.receive(next: length, at: time, slack: slack)
    }

    /// Waits for the segment behind a small one that ends inside of a frame.
    mutating func beginStallWatch(_ role: Role, end: UInt64, at time: Timestamp) {
        streams[role.index].stalls.begin(end: end, at: time)
        watchesSegments = true
    }

    /// Tells of the first segment that was held back.
    mutating func report(
        _ stall: StallWatch.Stall, from role: Role, streamOffset: UInt64, view: ConnectionView,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard streams[role.index].stalls.count == 1 else { return }
        report(
            "A segment of \(stall.length) bytes, amid a frame, was held back for "
                + "\(Finding.milliseconds(stall.heldFor)) until the one before it was acknowledged (Nagle's algorithm and delayed acknowledgments).",
            from: role, streamOffset: streamOffset, workspace.context(id, view: view), &workspace, &sink)
    }

    /// Tells how often that happened, where it was more than once.
    mutating func tellStalls(
        _ context: EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        for role in Role.allCases where streams[role.index].stalls.count > 1 {
            let stalls = streams[role.index].stalls
            report(
                "\(stalls.count) segments, each amid a frame, were held back like this: "
                    + "\(Finding.milliseconds(stalls.total)) in all, "
                    + "the longest \(Finding.milliseconds(stalls.longest)).",
                from: role, streamOffset: nil, context, &workspace, &sink)
        }
    }

    private func report(
        _ text: String, from role: Role, streamOffset: UInt64?, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let finding = Finding(
            rule: "tcp.nagle-stall", severity: .warning, reference: "RFC 9293 3.7.4", text: text, from: role,
            streamOffset: streamOffset)
        workspace.report(finding, at: context, into: &sink)
    }
}
