/// Arithmetic on TCP's 32-bit sequence space, which wraps around (RFC 9293 3.4).
enum SequenceNumber {
    /// The stream offset of a sequence number: the one within 2^31 of another offset.
    ///
    /// - Parameters:
    ///   - sequence: The sequence number.
    ///   - base: The sequence number of stream offset 0.
    ///   - near: The expected offset, roughly.
    /// - Returns: The offset; negative if it lies before the first byte.
    static func offset(of sequence: UInt32, base: UInt32, near: UInt64) -> Int64 {
        let expected = base &+ UInt32(truncatingIfNeeded: near)
        return Int64(near) &+ Int64(Int32(bitPattern: sequence &- expected))
    }
}

/// How far beyond the acknowledged bytes a stream's receiver accepts bytes (RFC 9293 3.8.6): a generous guess, since
/// captures miss window updates and segments.
struct ReceiveWindow {
    /// The largest window field seen, except on SYNs; 0 until one was seen.
    private var largest: UInt16 = 0
    /// The window of the receiver's SYN ACK, which has no scale.
    private var opening: UInt16 = 0
    /// The shift of the fields (RFC 7323 2.2); nil if the receiver's SYN was not seen.
    private var shift: UInt8?

    /// The largest window (RFC 7323 2.3): 1 GiB.
    static let limit: Int64 = 1 << 30

    /// Whether a window field and its scale were seen.
    var isKnown: Bool { largest > 0 && shift != nil }

    /// The number of bytes in reach: four times the largest window seen plus 64 KiB; at most 1 GiB, and 1 GiB if
    /// unknown.
    ///
    /// It never shrinks once the window is known.
    var reach: UInt64 {
        guard largest > 0, let shift else { return UInt64(ReceiveWindow.limit) }
        return min(UInt64(largest) &<< UInt64(shift &+ 2) &+ 65536, UInt64(ReceiveWindow.limit))
    }

    /// The largest window seen, at least 64 KiB; 1 GiB if unknown.
    var largestSeen: UInt64 {
        guard largest > 0, let shift else { return UInt64(ReceiveWindow.limit) }
        return max(UInt64(largest) &<< UInt64(shift), 65536)
    }

    /// The largest window that the capture shows; 1 GiB if unknown.
    var largestShown: UInt64 {
        guard largest > 0, let shift else { return UInt64(ReceiveWindow.limit) }
        return max(UInt64(largest) &<< UInt64(shift), UInt64(opening))
    }

    /// Records the window field of the receiver's SYN ACK.
    mutating func recordOpening(_ field: UInt16) {
        opening = field
    }

    /// Records a window field; 0 if it is invalid.
    mutating func record(_ field: UInt16) {
        largest = max(largest, field)
    }

    /// Records the window scale of the receiver's SYN; nil: none.
    ///
    /// RFC 7323 2.3: a shift of more than 14 counts as 14.
    mutating func scale(by option: UInt8?) {
        shift = min(option ?? 0, 14)
    }
}
