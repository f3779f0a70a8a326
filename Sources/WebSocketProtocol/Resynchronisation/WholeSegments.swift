/// Which segments of a chain are whole short frames, several each: peers that send some at a time make nothing else,
/// and a table inside a long message, cut anywhere, hardly ever has one.
struct WholeSegments {
    /// The place that is both the beginning of a segment and of a frame; no later segment has ended with a frame.
    private var start = UInt64.max
    /// Frames since then.
    private var frames: UInt64 = 0
    /// Whether one of them looks like none before: records of one size may divide the size of segments.
    private var hasNew = false
    /// What all of them prove, in bits.
    private var bits = 0

    /// A segment begins where the chain does.
    mutating func begin(at place: UInt64) { (start, frames, hasNew) = (place, 0, false) }

    /// Counts a frame; after one that may fill a segment, nothing is expected of the next end.
    mutating func countFrame(isShort: Bool, isNew: Bool) {
        frames &+= 1
        if isNew { hasNew = true }
        if !isShort { start = .max }
    }

    /// Counts that a frame ends where a segment does.
    ///
    /// If that segment began with a frame, one length in as many as a frame has bytes makes this happen. A segment that
    /// began with a frame and did not end with one takes a bit back.
    ///
    /// - Parameters:
    ///   - segment: Where the segment begins.
    ///   - end: Where it ends.
    /// - Returns: How many bits more are proven now, or fewer.
    mutating func end(from segment: UInt64, to end: UInt64) -> Int {
        let before = bits
        if start != segment {
            if start != .max { bits = max(0, bits &- 1) }
        } else if hasNew, frames > 1 {
            let length = (end &- segment) / frames
            bits &+= max(0, UInt64.bitWidth &- 2 &- length.leadingZeroBitCount)
        }
        begin(at: end)
        return bits &- before
    }
}
