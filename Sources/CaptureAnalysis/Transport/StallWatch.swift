import WebSocketProtocol
import WireFormat

/// Watches an end for segments that TCP held back until the previous one was acknowledged: Nagle's algorithm (RFC 9293
/// 3.7.4), waiting for the other end's delayed acknowledgment (RFC 9293 3.8.6.3).
///
/// If the previous small segment ends inside a frame, more bytes were certainly ready to send; if they leave right
/// after the acknowledgment, they almost certainly waited for it (``receive(next:at:slack:)``).
struct StallWatch {
    /// A segment that was held back.
    struct Stall {
        /// Nanoseconds after the previous segment.
        var heldFor: Int64
        /// Payload bytes.
        var length: Int
    }

    /// The size in bytes below which a segment is small: the least that TCP over IPv6 may be asked to send whole (RFC
    /// 9293 3.7.1).
    static let smallSegment = 1220
    /// The shortest stall that matters, in nanoseconds: the shortest delayed acknowledgment in use.
    static let shortest: Int64 = 40_000_000
    /// The time that an end takes to send what an acknowledgment releases, in nanoseconds, besides the path's delay.
    static let reaction: Int64 = 2_000_000

    /// The number of segments held back.
    private(set) var count: UInt64 = 0
    /// The total time for which they were held back, in nanoseconds; clamped to 64 bits.
    private(set) var total: Int64 = 0
    /// The longest such time, in nanoseconds.
    private(set) var longest: Int64 = 0
    /// Where the small segment ends in its stream.
    private var cutEnd: UInt64 = 0
    /// The time of the small segment that ends inside a frame, while only it waits for an acknowledgment; nil
    /// otherwise.
    private var cutTime: Timestamp?
    /// The time at which it was acknowledged.
    ///
    /// Last, so that small fields after this value use the rest of the word.
    private var acknowledgedTime: Timestamp?

    /// Whether the next segment may be held back.
    var isArmed: Bool { cutTime != nil }

    /// Starts waiting after a small segment that ends inside a frame.
    mutating func begin(end: UInt64, at time: Timestamp) {
        cutTime = time
        cutEnd = end
        acknowledgedTime = nil
    }

    /// Takes an acknowledgment from the other end; one with data, or one that closes the window, may be the reason for
    /// sending.
    mutating func acknowledge(_ offset: UInt64, isPlain: Bool, at time: Timestamp) {
        guard isArmed else { return }
        guard isPlain else {
            cutTime = nil
            return
        }
        if acknowledgedTime == nil, offset >= cutEnd { acknowledgedTime = time }
    }

    /// Takes the next segment with data.
    ///
    /// - Parameters:
    ///   - length: Its payload bytes; nil if it does not directly follow the previous segment.
    ///   - time: The time of its packet.
    ///   - slack: Nanoseconds after the acknowledgment within which it counts as released by it.
    /// - Returns: How it was held back; nil if that is not certain.
    mutating func receive(next length: Int?, at time: Timestamp, slack: Int64) -> Stall? {
        guard let cutTime else { return nil }
        self.cutTime = nil
        let heldFor = time.nanoseconds(since: cutTime)
        guard let length, length < Self.smallSegment, let acknowledgedTime, heldFor >= Self.shortest,
            time.nanoseconds(since: acknowledgedTime) <= min(slack, heldFor / 4)
        else { return nil }
        count &+= 1
        let (sum, isBeyond) = total.addingReportingOverflow(heldFor)
        total = isBeyond ? .max : sum
        longest = max(longest, heldFor)
        return Stall(heldFor: heldFor, length: length)
    }
}

/// What a session reports of segments held back.
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

    /// Waits for the segment after a small one that ends inside a frame.
    mutating func beginStallWatch(_ role: Role, end: UInt64, at time: Timestamp) {
        streams[role.index].stalls.begin(end: end, at: time)
        watchesSegments = true
    }

    /// Reports the first segment held back.
    mutating func report(
        _ stall: StallWatch.Stall, from role: Role, streamOffset: UInt64, view: ConnectionView,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard streams[role.index].stalls.count == 1 else { return }
        let finding = Finding(
            Rule(.nagleStall), "\(stall.length)", Finding.milliseconds(stall.heldFor), from: role, at: streamOffset)
        workspace.report(finding, at: workspace.context(id, view: view), into: &sink)
    }

    /// Reports how often segments were held back, if more than once.
    mutating func reportStalls(
        _ context: EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        for role in Role.allCases where streams[role.index].stalls.count > 1 {
            let stalls = streams[role.index].stalls
            let finding = Finding(
                Rule(.nagleStalls), "\(stalls.count)", Finding.milliseconds(stalls.total),
                Finding.milliseconds(stalls.longest), from: role)
            workspace.report(finding, at: context, into: &sink)
        }
    }
}
