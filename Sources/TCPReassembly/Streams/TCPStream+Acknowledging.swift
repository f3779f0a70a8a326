/// What the other end has acknowledged, and how far its window reaches.
extension TCPStream {
    /// Takes an acknowledgment of this stream from the other end.
    ///
    /// - Parameters:
    ///   - sequence: The acknowledgment number.
    ///   - window: The window field that came with it; 0 if it is invalid.
    /// - Returns: Whether this changed what is known of the FIN.
    mutating func acknowledge(_ sequence: UInt32, window: UInt16) -> Bool {
        guard let firstSequence else { return false }
        self.window.record(window)
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        // RFC 7323 2.3: no window is larger than 1 GiB, so nothing farther ahead can have been received.
        guard offset > Int64(acknowledgedOffset), offset <= Int64(seenOffset) &+ ReceiveWindow.limit else {
            if offset > Int64(seenOffset) &+ ReceiveWindow.limit { recordFarAcknowledgment() }
            if acknowledgedOffset > seenOffset &+ 1 { retractAcknowledgment(to: offset) }
            return false
        }
        guard let finOffset, UInt64(offset) > finOffset else {
            acknowledgedOffset = UInt64(offset)
            return false
        }
        if UInt64(offset) > finOffset &+ 1, let end = held.end, end > finOffset, !isFinAcknowledged {
            // The other end has received bytes after the FIN, so not the FIN.
            self.finOffset = nil
            seenOffset = max(seenOffset, end)
            acknowledgedOffset = UInt64(offset)
            return true
        }
        acknowledgedOffset = finOffset
        defer { isFinAcknowledged = true }
        return !isFinAcknowledged
    }

    /// Takes a FIN at `sequence`.
    ///
    /// - Returns: Whether it is the FIN of the stream, or repeats it.
    mutating func finish(at sequence: UInt32) -> Bool {
        let offset = SequenceNumber.offset(of: sequence, base: begin(at: sequence), near: nextOffset)
        if let finOffset, Int64(finOffset) == offset { return true }
        guard finOffset == nil, offset >= Int64(nextOffset), offset <= Int64(windowEnd) else {
            countOutOfWindow()
            return false
        }
        finOffset = UInt64(offset)
        usualEnd = min(usualEnd, UInt64(offset))
        if acknowledgedOffset > UInt64(offset) {
            acknowledgedOffset = UInt64(offset)
            isFinAcknowledged = true
        }
        return true
    }

    /// Whether the other end accepts a RST at `sequence`.
    ///
    /// RFC 5961 3.2 requires the next byte that this end expects, which an observer knows only roughly.
    func acceptsReset(at sequence: UInt32) -> Bool {
        guard let firstSequence else { return true }
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        return offset >= Int64(min(acknowledgedOffset, nextOffset)) && offset <= Int64(windowEnd)
    }

    /// Retracts the acknowledgment of bytes never seen, since a lower one has followed: acknowledgments do not decrease, so
    /// either it was not the other end's, or this one is late and the next will repeat it.
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

    /// The end of the receiver's window.
    var windowEnd: UInt64 { max(nextOffset, acknowledgedOffset) &+ window.reach }
}
