/// Copies that differ, and segments that did not reach the other end.
extension TCPStream {
    /// Counts a segment that is ignored.
    mutating func countOutOfWindow() {
        outOfWindowSegments &+= 1
        hasDoubt = true
    }

    /// Records that a segment did not reach the other end.
    mutating func recordInsertion() {
        hasInsertions = true
        hasDoubt = true
    }

    /// Believes everything that waits.
    mutating func believe() {
        if held.doubtfulCount > 0 { held.believe() }
    }

    /// Whether something was counted as conflicting, out of window or inserted since the last call.
    mutating func takeDoubt() -> Bool {
        defer { hasDoubt = false }
        return hasDoubt
    }

    /// Whether a segment has brought nothing new since the last call.
    mutating func takeRepeat() -> Bool {
        defer { hasRepeated = false }
        return hasRepeated
    }

    /// Compares retransmitted bytes with those delivered.
    mutating func compare(_ bytes: Span<UInt8>, at offset: Int64) {
        guard let conflict = recent.conflict(with: bytes, at: offset, next: nextOffset) else { return }
        countConflict(at: conflict)
    }

    mutating func countConflict(at offset: UInt64) {
        conflictingSegments &+= 1
        if firstConflictOffset == nil { firstConflictOffset = offset }
        hasDoubt = true
    }

    mutating func replaceDoubtful(
        from start: UInt64, to end: UInt64, by bytes: Span<UInt8>, _ budget: inout Int
    ) {
        let before = held.cost
        if held.replaceDoubtful(from: start, to: end, by: bytes) { recordInsertion() }
        budget &-= held.cost &- before
    }
}
