import WireFormat

/// Watches one end for segments that TCP held back until the one before was acknowledged: Nagle's algorithm
/// (RFC 9293 3.7.4), which waits for the other end's delayed acknowledgment (RFC 9293 3.8.6.3).
///
/// It is certain that the bytes were there to be sent where the small segment before ends inside of a frame, and next
/// to certain that they waited for the acknowledgment where they leave right behind it: see ``receive(next:at:slack:)``.
struct StallWatch {
    /// A segment that was held back.
    struct Stall {
        /// Nanoseconds behind the segment before.
        var heldFor: Int64
        /// Bytes of payload.
        var length: Int
    }

    /// Segments below this size count as small: the least that TCP over IPv6 may be asked to send whole (RFC 9293 3.7.1).
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
    /// When it was acknowledged. Last, so that small fields after this value take the rest of the word.
    private var acknowledgedTime: Timestamp?

    /// Whether a segment may be held back now.
    var isArmed: Bool { cutTime != nil }

    /// Begins to wait behind a small segment inside of a frame.
    mutating func begin(end: UInt64, at time: Timestamp) {
        cutTime = time
        cutEnd = end
        acknowledgedTime = nil
    }

    /// Takes an acknowledgment from the other end; where it brings bytes or closes the window, these may be the reason.
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
    ///   - length: Its bytes of payload; nil where it does not stand right behind the segment before.
    ///   - time: When it was captured.
    ///   - slack: Nanoseconds behind the acknowledgment within which it counts as set free by it.
    /// - Returns: How it was held back; nil where that is not certain.
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
