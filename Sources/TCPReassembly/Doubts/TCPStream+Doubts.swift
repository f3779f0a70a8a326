/// Copies that differ, and segments that did not reach the other end.
extension TCPStream {
    /// Counts an ignored segment.
    mutating func countOutOfWindow() {
        outOfWindowSegments &+= 1
        hasDoubt = true
    }

    /// Records that a segment did not reach the other end.
    mutating func recordInsertion(_ doubt: SegmentDoubt) {
        guard !doubt.isEmpty else { return }
        insertions.formUnion(doubt)
        hasDoubt = true
    }

    /// Records that its sender went on after a RST.
    mutating func recordIgnoredReset(in packet: UInt64) {
        if ignoredReset == nil { ignoredReset = packet }
        hasDoubt = true
    }

    /// Accepts all waiting bytes.
    mutating func believe() {
        if hasDoubtfulBytes { held.believe(.all) }
        unacknowledgedSegments = 0
    }

    /// The most changes of route after which all waiting bytes are visited.
    private static let maximumRouteChanges: UInt8 = 16

    /// Accepts the bytes that wait only because of their hop limit, since the route has changed.
    mutating func believeRoute() {
        guard hasDoubtfulBytes, routeChanges < Self.maximumRouteChanges else { return }
        routeChanges &+= 1
        held.believe(.hopLimit)
        if !hasDoubtfulBytes { unacknowledgedSegments = 0 }
    }

    /// Whether bytes wait for an acknowledgment.
    var hasDoubtfulBytes: Bool { held.doubtfulCount > 0 }

    /// The most segments of a stream without an acknowledgment from the other end while bytes wait for one.
    private static let patience: UInt8 = 32

    /// Counts a segment of the stream while bytes wait for an acknowledgment, and accepts them if none comes.
    ///
    /// - Parameter isHeard: Whether the capture has packets of the other end.
    mutating func waitForAcknowledgment(isHeard: Bool) {
        unacknowledgedSegments &+= 1
        // If the other end is not captured, bytes after them show that they were accepted.
        let goesOn = held.first.map { $0.isDoubtful && seenOffset > $0.end } ?? false
        if unacknowledgedSegments >= Self.patience || !isHeard && goesOn { believe() }
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

    /// Compares retransmitted bytes with the delivered ones.
    ///
    /// - Returns: Whether they are known to differ.
    @discardableResult
    mutating func compare(_ bytes: Span<UInt8>, at offset: Int64, _ doubt: SegmentDoubt) -> Bool {
        guard let conflict = recent.conflict(with: bytes, at: offset, next: nextOffset) else { return false }
        if doubt.isEmpty { countConflict(at: conflict) } else { recordInsertion(doubt) }
        return true
    }

    /// The longest time, in nanoseconds, between a packet of a connection and its second copy in the capture.
    private static let duplicateDelay: Int64 = 100_000_000
    /// The same if packets have no identification: shorter than any retransmission takes.
    private static let anonymousDuplicateDelay: Int64 = 500_000

    /// Whether a segment is a second copy of a packet in the capture, as from `-i any` or a mirror port.
    func isDuplicate(_ bytes: Span<UInt8>, at offset: Int64, _ context: SegmentContext) -> Bool {
        let limit = context.identification != 0 ? Self.duplicateDelay : Self.anonymousDuplicateDelay
        guard context.silence < limit else { return false }
        let place = UInt32(truncatingIfNeeded: offset)
        if let latest, latest.offset == place, Int(latest.length) == bytes.count,
            latest.identification == context.identification
        {
            return true
        }
        return recent.holds(
            bytes, at: place, context.identification, isDoubled: duplicateSegments > retransmittedSegments)
    }

    /// Remembers a segment that was not next in order, so that a second copy of its packet is recognised.
    mutating func remember(_ bytes: Span<UInt8>, at offset: Int64, _ context: SegmentContext) {
        latest = (UInt32(truncatingIfNeeded: offset), UInt32(truncatingIfNeeded: bytes.count), context.identification)
    }

    /// Remembers the packet of the FIN, so that a second copy of it is recognised.
    mutating func rememberFin(_ sequence: UInt32, _ length: Int, _ identification: UInt16) {
        latest = (sequence, UInt32(truncatingIfNeeded: length) | Self.finMark, identification)
    }

    /// Whether a segment with a FIN is a second copy of the first FIN's packet, `silence` nanoseconds after the last
    /// packet.
    func isDuplicateFin(_ sequence: UInt32, _ length: Int, _ identification: UInt16, silence: Int64) -> Bool {
        guard let latest, silence < (identification != 0 ? Self.duplicateDelay : Self.anonymousDuplicateDelay) else {
            return false
        }
        return latest == (sequence, UInt32(truncatingIfNeeded: length) | Self.finMark, identification)
    }

    /// A bit that no segment length sets.
    private static let finMark: UInt32 = 1 << 31

    mutating func countConflict(at offset: UInt64) {
        conflictingSegments &+= 1
        if firstConflictOffset == nil { firstConflictOffset = offset }
        hasDoubt = true
    }

    mutating func replaceDoubtful(
        from start: UInt64, to end: UInt64, by bytes: Span<UInt8>, _ budget: inout Int
    ) {
        let before = held.cost
        recordInsertion(held.replaceDoubtful(from: start, to: end, by: bytes))
        budget &-= held.cost &- before
    }
}
