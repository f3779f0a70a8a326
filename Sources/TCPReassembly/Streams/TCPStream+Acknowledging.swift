/// What the other end has acknowledged, and how far its window reaches.
extension TCPStream {
    /// Takes an acknowledgment of this stream from the other end.
    ///
    /// - Parameters:
    ///   - sequence: The acknowledgment number.
    ///   - window: The window field that came with it; 0 where it does not count.
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
            // The other end has received what stands behind the FIN: it has not received the FIN.
            self.finOffset = nil
            seenOffset = max(seenOffset, end)
            acknowledgedOffset = UInt64(offset)
            return true
        }
        acknowledgedOffset = finOffset
        defer { isFinAcknowledged = true }
        return !isFinAcknowledged
    }

    /// Takes the FIN that stands at `sequence`.
    ///
    /// - Returns: Whether it is, or repeats, the FIN of the stream.
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

    /// Whether the other end takes a RST that stands at `sequence`.
    ///
    /// RFC 5961 3.2 wants it to be the next byte that this end expects; an observer knows only about where that is.
    func takesReset(at sequence: UInt32) -> Bool {
        guard let firstSequence else { return true }
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        return offset >= Int64(min(acknowledgedOffset, nextOffset)) && offset <= Int64(windowEnd)
    }

    /// Takes back the acknowledgment of bytes never seen, since one of fewer bytes has come behind it: acknowledgments
    /// do not go back, so that either it was not the other end's, or this one is late and the next will say it again.
    mutating func retractAcknowledgment(to offset: Int64) {
        guard offset >= 0, offset < Int64(acknowledgedOffset) else { return }
        acknowledgedOffset = max(UInt64(offset), min(nextOffset, seenOffset))
        ripening = nil
    }

    /// Notes that an acknowledgment was passed over.
    mutating func recordFarAcknowledgment() {
        guard !hasFarAcknowledgments else { return }
        hasFarAcknowledgments = true
        hasDoubt = true
    }

    /// How far the stream must have gone: its FIN, or what was acknowledged.
    ///
    /// One acknowledged byte behind the last one seen may be a FIN that the capture lacks.
    var certainEnd: UInt64 {
        if let finOffset { return finOffset }
        return acknowledgedOffset == seenOffset &+ 1 ? seenOffset : acknowledgedOffset
    }

    /// Where the bytes end that the other end would take.
    var windowEnd: UInt64 { max(nextOffset, acknowledgedOffset) &+ window.reach }
}
