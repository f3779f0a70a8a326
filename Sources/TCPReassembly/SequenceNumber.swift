/// Arithmetic on TCP's 32-bit sequence space, which wraps around (RFC 9293 3.4).
enum SequenceNumber {
    /// The stream offset that a sequence number stands for, taken as the one within 2^31 of another.
    ///
    /// - Parameters:
    ///   - sequence: The sequence number.
    ///   - base: The sequence number of stream offset 0.
    ///   - near: A stream offset that is expected about here.
    /// - Returns: The offset; negative when it lies before the first byte.
    static func offset(of sequence: UInt32, base: UInt32, near: UInt64) -> Int64 {
        let expected = base &+ UInt32(truncatingIfNeeded: near)
        return Int64(near) &+ Int64(Int32(bitPattern: sequence &- expected))
    }
}
