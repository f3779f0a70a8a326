import WireFormat

/// Where a stream begins: at its SYN, at the first segment seen, or where the other end says.
extension TCPStream {
    /// Sets the sequence number of the first byte, from a SYN or from the first segment seen.
    ///
    /// - Parameter sequence: Its value if none is known yet.
    /// - Returns: Its value.
    @discardableResult
    mutating func begin(at sequence: UInt32) -> UInt32 {
        if let firstSequence { return firstSequence }
        firstSequence = sequence
        return sequence
    }

    /// The sequence number of the first byte, unless it is assumed and nothing confirms it.
    var knownStart: UInt32? { isStartAssumed && seenOffset == 0 ? nil : firstSequence }

    /// Begins where the other end expects the next byte, as nothing of the stream was captured yet.
    mutating func assumeStart(at sequence: UInt32) {
        guard firstSequence == nil else { return }
        firstSequence = sequence
        isStartAssumed = true
    }

    /// Forgets an assumed beginning, since a SYN tells the true one, and what was acknowledged; unless it is this one.
    mutating func forgetAssumedStart(unless start: UInt32?) {
        guard isStartAssumed else { return }
        isStartAssumed = false
        guard seenOffset == 0, held.isEmpty, start == nil || firstSequence != start else { return }
        firstSequence = nil
        acknowledgedOffset = 0
        ripening = nil
    }

    /// Whether an acknowledgment may be of bytes that wait, or that came before them, behind an assumed beginning.
    func mayHaveWaited(for acknowledgment: UInt32) -> Bool {
        guard let end = held.end, let offset = signedOffset(of: acknowledgment) else { return false }
        return offset > 0 && offset <= Int64(clamping: end)
    }

    /// Begins elsewhere than assumed, if no byte was believed: what waits and the FIN move along, and what lies before
    /// the new beginning, or further behind it than any window reaches, is dropped.
    mutating func moveAssumedStart(to sequence: UInt32, budget: inout Int) {
        guard isStartAssumed, seenOffset == 0, nextOffset == 0, !held.isEmpty || finOffset != nil,
            let distance = signedOffset(of: sequence), distance != 0
        else { return }
        let before = held.cost
        recordInsertion(held.rebase(by: distance))
        budget &-= held.cost &- before
        if let fin = finOffset {
            let moved = Int64(clamping: fin) &- distance
            if (0...ReceiveWindow.limit).contains(moved) { finOffset = UInt64(moved) } else { withdrawFin() }
        }
        firstSequence = sequence
        acknowledgedOffset = 0
        usualEnd = 0
        ripening = nil
    }

    /// Begins at another sequence number, if no byte was seen.
    ///
    /// - Returns: Whether it does.
    mutating func restart(at sequence: UInt32) -> Bool {
        guard seenOffset == 0, nextOffset == 0, held.isEmpty, finOffset == nil else { return false }
        firstSequence = sequence
        acknowledgedOffset = 0
        ripening = nil
        return true
    }

    /// Begins with the first bytes that wait, if they are at `sequence`, in place of an assumed beginning.
    mutating func beginLater(at sequence: UInt32) {
        guard isStartAssumed, nextOffset == 0, let first = held.firstOffset,
            signedOffset(of: sequence) == Int64(first)
        else { return }
        nextOffset = first
        ripening = nil
    }

    /// Whether a segment, the first of the stream, lies before an assumed beginning, or further behind it than any
    /// window reaches (RFC 7323 2.3): then the other end acknowledged what was never sent.
    ///
    /// One byte may be a keep-alive probe (RFC 9293 3.8.4).
    func refutesAssumedStart(_ sequence: UInt32, _ length: Int) -> Bool {
        guard seenOffset == 0, length > 1, let offset = signedOffset(of: sequence) else { return false }
        return !(0...Int64(1 << 30)).contains(offset)
    }
}
