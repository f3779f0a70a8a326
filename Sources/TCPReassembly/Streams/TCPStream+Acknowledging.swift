/// How the sequence number of a RST fits its receiver's state.
enum ResetFit: UInt8, Comparable {
    /// Outside the window: ignored.
    case outside
    /// In the window: answered with a challenge ACK, and not accepted.
    case near
    /// At the next byte that the receiver expects.
    case exact

    static func < (one: ResetFit, other: ResetFit) -> Bool { one.rawValue < other.rawValue }
}

/// What the other end has acknowledged, and how far its window reaches.
extension TCPStream {
    /// Takes an acknowledgment of this stream from the other end.
    ///
    /// - Parameters:
    ///   - sequence: The acknowledgment number.
    ///   - window: The window field that came with it; 0 if it is invalid.
    ///   - isDoubtful: Whether it may not be the other end's, so that it confirms no FIN.
    /// - Returns: Whether this changed what is known of the FIN.
    mutating func acknowledge(_ sequence: UInt32, window: UInt16, isDoubtful: Bool) -> Bool {
        guard let firstSequence else { return false }
        unacknowledgedSegments = 0
        self.window.record(window)
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        // RFC 7323 2.3: no window is larger than 1 GiB, so bytes farther ahead cannot have been received.
        guard offset > Int64(acknowledgedOffset), offset <= Int64(seenOffset) &+ ReceiveWindow.limit else {
            if offset > Int64(seenOffset) &+ ReceiveWindow.limit { recordFarAcknowledgment() }
            if acknowledgedOffset > seenOffset &+ 1 { retractAcknowledgment(to: offset) }
            return false
        }
        guard let finOffset, UInt64(offset) > finOffset else {
            acknowledgedOffset = UInt64(offset)
            return false
        }
        acknowledgedOffset = finOffset
        guard !isFinAcknowledged, !isDoubtful else { return false }
        guard let end = held.end, end > finOffset, UInt64(offset) > finOffset &+ 1 else {
            // It may acknowledge a byte that waits in the FIN's place.
            guard !held.hasByte(alone: finOffset) else { return false }
            isFinAcknowledged = true
            return true
        }
        // The other end has received bytes after the FIN, so not the FIN.
        withdrawFin()
        seenOffset = max(seenOffset, end)
        acknowledgedOffset = UInt64(offset)
        return true
    }

    /// Takes a FIN at `sequence`, with the reasons why the other end may not have accepted it.
    ///
    /// - Returns: Whether it is the FIN of the stream, or repeats it.
    mutating func finish(at sequence: UInt32, _ doubt: SegmentDoubt) -> Bool {
        // The FIN may have been captured too early.
        assumeStart(at: sequence)
        let offset = SequenceNumber.offset(of: sequence, base: begin(at: sequence), near: nextOffset)
        if let finOffset, Int64(finOffset) == offset {
            if doubt.isEmpty { finDoubt = [] }
            return true
        }
        guard finOffset == nil, offset >= Int64(nextOffset), offset <= Int64(windowEnd) else {
            countOutOfWindow()
            return false
        }
        finOffset = UInt64(offset)
        finDoubt = doubt
        seenBeforeFin = UInt32(truncatingIfNeeded: seenOffset)
        usualEnd = min(usualEnd, UInt64(offset))
        if acknowledgedOffset > UInt64(offset) {
            acknowledgedOffset = UInt64(offset)
            isFinAcknowledged = true
        }
        return true
    }

    /// Forgets the FIN, which did not reach the other end: the stream goes on.
    mutating func withdrawFin() {
        recordInsertion(finDoubt)
        finOffset = nil
        finDoubt = []
        isFinAcknowledged = false
    }

    /// How a RST at `sequence` fits what the other end accepts (RFC 9293 3.10.7.4): the next byte that it expects; the
    /// byte after the last one it has (Linux, with selective acknowledgments); or the end of what it has acknowledged
    /// of bytes not captured.
    func fit(ofReset sequence: UInt32) -> ResetFit {
        guard let firstSequence else { return .exact }
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        guard offset >= Int64(min(acknowledgedOffset, nextOffset)), offset <= Int64(windowEnd) else { return .outside }
        let isFin = finOffset.map { $0 == nextOffset && offset == Int64($0) &+ 1 } ?? false
        let isExact =
            offset == Int64(nextOffset) || offset == Int64(seenOffset) || isFin
            || acknowledgedOffset > nextOffset && offset == Int64(acknowledgedOffset)
        return isExact ? .exact : .near
    }

    /// The offset of a RST that fits exactly, or that of the FIN if it follows one; 0 if unknown.
    func offsetBeforeFin(of sequence: UInt32) -> UInt64 { min(offset(of: sequence) ?? 0, finOffset ?? .max) }

    /// Why the receiver of a segment with this acknowledgment of the stream may not accept it.
    mutating func doubt(ofAcknowledgment sequence: UInt32, _ isOpeningKnown: Bool) -> SegmentDoubt {
        guard let firstSequence else { return [] }
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        // A FIN is acknowledged by one more. If the capture lacks bytes, it may lack the acknowledged ones.
        let sentEnd = max(seenOffset, held.end ?? 0, acknowledgedOffset, finDoubt.isEmpty ? finOffset ?? 0 : 0)
        let known = sentEnd &+ (finOffset == nil ? 0 : 1)
        if offset > Int64(known), !isExactly(offset, afterFinWith: .unsentAcknowledgment) {
            return gapBytes == 0 ? .unsentAcknowledgment : []
        }
        let acknowledged = min(acknowledgedOffset, seenOffset)
        if offset >= Int64(acknowledged) { return [] }
        let window = isOpeningKnown ? min(window.largestShown, acknowledged) : min(window.largestSeen, Self.usualWindow)
        return offset < Int64(acknowledged) &- Int64(window) ? .oldAcknowledgment : []
    }

    /// Whether an acknowledgment covers exactly the FIN and all before it, where only `doubt` speaks against the FIN:
    /// if both ends acknowledge bytes of each other that were not captured, both are right.
    private func isExactly(_ offset: Int64, afterFinWith doubt: SegmentDoubt) -> Bool {
        guard let finOffset, finDoubt == doubt else { return false }
        return offset == Int64(finOffset) &+ 1
    }

    /// The size in bytes that windows of unknown scale seldom exceed.
    private static let usualWindow: UInt64 = 16 << 20

    /// Whether a FIN at `sequence`, right after the bytes seen, replaces an unacknowledged one farther ahead: nothing
    /// shows that any bytes lie before that one.
    func replacesFin(at sequence: UInt32) -> Bool {
        guard let finOffset, !isFinAcknowledged, finOffset > seenOffset, acknowledgedOffset <= seenOffset,
            let offset = signedOffset(of: sequence)
        else { return false }
        return offset == Int64(seenOffset) && held.end ?? 0 <= seenOffset
    }

    /// Whether the end of the stream refutes its FIN: its sender went on after it but never got that far, and the other
    /// end, which is captured, has acknowledged nothing beyond the bytes seen.
    var isFinRefuted: Bool {
        guard let finOffset, !isFinAcknowledged, isHeard else { return false }
        return finOffset > seenOffset && UInt32(truncatingIfNeeded: seenOffset) != seenBeforeFin
            && acknowledgedOffset <= seenOffset
            && held.end ?? 0 <= seenOffset
    }

    /// Retracts the acknowledgment of bytes never seen, since a lower one has followed: acknowledgments do not
    /// decrease, so either it was not the other end's, or this one is late and the next will repeat it.
    mutating func retractAcknowledgment(to offset: Int64) {
        guard offset >= 0, offset < Int64(acknowledgedOffset) else { return }
        acknowledgedOffset = max(UInt64(offset), min(nextOffset, seenOffset))
        ripening = nil
    }

    /// Records that an acknowledgment was ignored.
    mutating func recordFarAcknowledgment() {
        guard !hasFarAcknowledgments else { return }
        hasFarAcknowledgments = true
        hasDoubt = true
    }

    /// How far the stream certainly went: its FIN, or what was acknowledged.
    ///
    /// One acknowledged byte after the last one seen may be a FIN that the capture lacks.
    var certainEnd: UInt64 {
        if let finOffset { return finOffset }
        return acknowledgedOffset == seenOffset &+ 1 ? seenOffset : acknowledgedOffset
    }

    /// Whether an offset lies beyond the largest window that the receiver has announced, as far as the capture shows.
    func isBeyondWindow(_ offset: Int64) -> Bool {
        window.isKnown && offset > Int64(acknowledgedOffset) &+ Int64(window.largestSeen)
    }

    /// The end of the receiver's window.
    var windowEnd: UInt64 { max(nextOffset, acknowledgedOffset) &+ window.reach }
}
