import WebSocketProtocol
import WireFormat

/// Watches one end for segments that TCP held back until the one before was acknowledged: Nagle's algorithm
/// (RFC 9293 3.7.4), which waits for the other end's delayed acknowledgment (RFC 9293 3.8.6.3).
///
/// If the small segment before ends inside a frame, the bytes were certainly there to be sent; if they leave right
/// after the acknowledgment, they almost certainly waited for it: see ``receive(next:at:slack:)``.
struct StallWatch {
    /// A segment that was held back.
    struct Stall {
        /// Nanoseconds after the segment before.
        var heldFor: Int64
        /// Bytes of payload.
        var length: Int
    }

    /// Segments below this size count as small: the least that TCP over IPv6 may be asked to send whole (RFC 9293
    /// 3.7.1).
    static let smallSegment = 1220
    /// Nanoseconds below which nobody notices: the shortest delayed acknowledgment in use.
    static let shortest: Int64 = 40_000_000
    /// Nanoseconds that an end takes to send what an acknowledgment has set free, beside the way.
    static let reaction: Int64 = 2_000_000

    /// How many segments were held back.
    private(set) var count: UInt64 = 0
    /// Nanoseconds that they were held back, together; clamped to 64 bits.
    private(set) var total: Int64 = 0
    /// Nanoseconds of the longest.
    private(set) var longest: Int64 = 0
    /// Where the small segment ends in its stream.
    private var cutEnd: UInt64 = 0
    /// When the small segment was captured that ends inside of a frame, and alone waits for its acknowledgment.
    private var cutTime: Timestamp?
    /// When it was acknowledged.
    ///
    /// Last, so that small fields after this value take the rest of the word.
    private var acknowledgedTime: Timestamp?

    /// Whether a segment may be held back now.
    var isArmed: Bool { cutTime != nil }

    /// Begins to wait after a small segment that ends inside a frame.
    mutating func begin(end: UInt64, at time: Timestamp) {
        cutTime = time
        cutEnd = end
        acknowledgedTime = nil
    }

    /// Takes an acknowledgment from the other end; if it brings bytes or closes the window, these may be the reason.
    mutating func acknowledge(_ offset: UInt64, isPlain: Bool, at time: Timestamp) {
        guard isArmed else { return }
        guard isPlain else {
            cutTime = nil
            return
        }
        if acknowledgedTime == nil, offset >= cutEnd { acknowledgedTime = time }
    }

    /// Takes the next segment with bytes.
    ///
    /// - Parameters:
    ///   - length: Its bytes of payload; nil if it does not directly follow the segment before.
    ///   - time: When it was captured.
    ///   - slack: Nanoseconds after the acknowledgment within which it counts as set free by it.
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

/// What a session reports of segments that were held back.
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

    /// Reports the first segment that was held back.
    mutating func report(
        _ stall: StallWatch.Stall, from role: Role, streamOffset: UInt64, view: ConnectionView,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard streams[role.index].stalls.count == 1 else { return }
        let finding = Finding(
            Rule(.nagleStall), "\(stall.length)", Finding.milliseconds(stall.heldFor), from: role, at: streamOffset)
        workspace.report(finding, at: workspace.context(id, view: view), into: &sink)
    }

    /// Reports how often that happened, if it was more than once.
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
