/// Consecutive frames with a reserved opcode that break another rule too: a few may be frames, more are something else.
struct DoubtfulFrames {
    /// The number from which on they are not frames.
    private static let limit = 4

    // In this order, because the fast path's memory follows (`WebSocketStream.hotBytes`).

    /// The number of such frames in a row.
    private var count: UInt8 = 0
    /// The number of the last one, modulo 2^16.
    private var last: UInt16 = 0

    /// Counts another such frame.
    ///
    /// - Parameter number: Its 0-based number in its direction.
    /// - Returns: Whether there are too many in a row.
    mutating func countsTooMany(withFrame number: UInt64) -> Bool {
        let number = UInt16(truncatingIfNeeded: number)
        count = count > 0 && number == last &+ 1 ? count &+ 1 : 1
        last = number
        return count >= Self.limit
    }
}
