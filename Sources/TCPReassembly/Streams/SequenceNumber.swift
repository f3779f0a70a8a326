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

/// How far ahead of the bytes acknowledged a stream's receiver takes bytes (RFC 9293 3.8.6), as generously as an observer
/// must guess: captures miss window updates, and segments.
struct ReceiveWindow {
    /// The largest window field seen, those of SYNs left out; 0 until one was seen.
    private var largest: UInt16 = 0
    /// How far the fields are shifted (RFC 7323 2.2); nil where the receiver's SYN was not seen.
    private var shift: UInt8?

    /// The largest window (RFC 7323 2.3): 1 GiB.
    static let limit: Int64 = 1 << 30

    /// Whether a window field was seen, and how it is scaled.
    var isKnown: Bool { largest > 0 && shift != nil }

    /// How many bytes are in reach: four times the largest window seen and 64 KiB more, or 1 GiB where it is not known.
    ///
    /// It never shrinks once the window is known.
    var reach: UInt64 {
        guard largest > 0, let shift else { return UInt64(ReceiveWindow.limit) }
        return min(UInt64(largest) &<< UInt64(shift &+ 2) &+ 65536, UInt64(ReceiveWindow.limit))
    }

    /// Learns a window field; 0 where it does not count.
    mutating func record(_ field: UInt16) {
        largest = max(largest, field)
    }

    /// Learns from the receiver's SYN how its windows are scaled; nil: not at all.
    ///
    /// RFC 7323 2.3: a shift of more than 14 counts as 14.
    mutating func scale(by option: UInt8?) {
        shift = min(option ?? 0, 14)
    }
}
