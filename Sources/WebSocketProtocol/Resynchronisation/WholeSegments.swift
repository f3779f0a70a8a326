/// Which segments of a chain consist of several whole short frames: peers that send a few at a time make only such
/// segments, while a table inside a long message, cut anywhere, hardly ever has one.
struct WholeSegments {
    /// The offset at which both a segment and a frame begin; no later segment has ended with a frame.
    private var start = UInt64.max
    /// The number of frames since then.
    private var frames: UInt64 = 0
    /// Whether any of them looks new: records of one size may divide the segment size.
    private var hasNew = false
    /// The evidence of all such segments, in bits.
    private var bits = 0

    /// Starts with a segment that begins where the chain does.
    mutating func begin(at place: UInt64) { (start, frames, hasNew) = (place, 0, false) }

    /// Counts a frame; after a long one, which may fill a segment, nothing is expected of the next segment's end.
    mutating func countFrame(isShort: Bool, isNew: Bool) {
        frames &+= 1
        if isNew { hasNew = true }
        if !isShort { start = .max }
    }

    /// Counts the end of a frame at the end of a segment.
    ///
    /// If that segment began with a frame, the chance of this is one in the mean length of its frames in bytes. A
    /// segment that began with a frame but did not end with one takes a bit back.
    ///
    /// - Parameters:
    ///   - segment: Where the segment begins.
    ///   - end: Where it ends.
    /// - Returns: The change in evidence, in bits.
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
