import WireFormat

/// The fast path for segments that bring the next bytes, and for acknowledgments of bytes seen.
extension TCPStream {
    /// Whether a segment is the next one while nothing waits, and needs no closer look; `length` may be 0.
    @inline(__always)
    func isNext(_ sequence: UInt32, length: Int) -> Bool {
        guard let firstSequence, sequence == firstSequence &+ UInt32(truncatingIfNeeded: nextOffset) else {
            return false
        }
        return isIdle && !isPaused && nextOffset &+ UInt64(length) <= usualEnd && seenOffset <= nextOffset
    }

    /// Whether everything so far is acknowledged: then the receiver remembers the next segment's timestamp (RFC 7323
    /// 4.3).
    @inline(__always)
    var isAcknowledged: Bool { acknowledgedOffset >= nextOffset }

    /// Takes the payload of a segment that is next (``isNext(_:length:)``); all of it is in order.
    @inline(__always)
    mutating func takeNext(_ payload: Span<UInt8>, identification: UInt16) {
        recent.record(payload, at: nextOffset, identification)
        nextOffset &+= UInt64(payload.count)
        seenOffset = nextOffset
    }

    /// Takes an acknowledgment of bytes seen, while nothing waits.
    ///
    /// - Returns: Whether it is one; if not, nothing has changed.
    @inline(__always)
    mutating func acknowledgeFastPath(_ sequence: UInt32, window field: UInt16) -> Bool {
        // A recorded doubt is reported with the next acknowledgment, on the slow path.
        guard let firstSequence, isIdle, !hasDoubt else { return false }
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        // The receiver may not accept an old acknowledgment.
        guard offset <= Int64(nextOffset), offset >= Int64(acknowledgedOffset) else { return false }
        window.record(field)
        acknowledgedOffset = UInt64(offset)
        return true
    }
}
