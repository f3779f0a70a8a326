/// Copies that differ, and segments that did not reach the other end.
extension TCPStream {
    /// Counts a segment that is not taken.
    mutating func countOutOfWindow() {
        outOfWindowSegments &+= 1
        hasDoubt = true
    }

    /// Notes that a segment did not reach the other end.
    mutating func recordInsertion() {
        hasInsertions = true
        hasDoubt = true
    }

    /// Doubts nothing that waits any more.
    mutating func believe() {
        if held.doubtfulCount > 0 { held.believe() }
    }

    /// Whether something was counted as conflicting, out of window or inserted since this was asked.
    mutating func takeDoubt() -> Bool {
        defer { hasDoubt = false }
        return hasDoubt
    }

    /// Whether a segment has brought nothing new since this was asked.
    mutating func takeRepeat() -> Bool {
        defer { hasRepeated = false }
        return hasRepeated
    }

    /// Compares bytes that have come again with those handed on.
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
