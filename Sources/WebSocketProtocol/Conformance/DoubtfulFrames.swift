/// Frames in a row with a reserved opcode that break another rule besides: a few may be frames, more are something
/// else.
struct DoubtfulFrames {
    /// From how many on they are no frames.
    private static let limit = 4

    // In this order, since the fast path's memory follows: see `WebSocketStream.hotBytes`.

    /// How many there were in a row.
    private var count: UInt8 = 0
    /// The number of the last one, modulo 2^16.
    private var last: UInt16 = 0

    /// Counts another one.
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
