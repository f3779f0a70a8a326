import WireFormat

/// Where a stream begins: at its SYN, at the first segment seen, or where the other end's acknowledgments say.
extension TCPStream {
    /// Sets the sequence number of the first byte, from a SYN or from the first segment seen.
    ///
    /// - Parameter sequence: Its value, if none is known yet.
    /// - Returns: The value that holds.
    @discardableResult
    mutating func begin(at sequence: UInt32) -> UInt32 {
        if let firstSequence { return firstSequence }
        firstSequence = sequence
        return sequence
    }

    /// The sequence number of the first byte; nil if it is unknown, or only assumed and unconfirmed.
    var knownStart: UInt32? { isStartAssumed && seenOffset == 0 ? nil : firstSequence }

    /// Begins the stream where the other end expects the next byte, since nothing of it is captured yet.
    mutating func assumeStart(at sequence: UInt32) {
        guard firstSequence == nil else { return }
        firstSequence = sequence
        isStartAssumed = true
    }

    /// Forgets an assumed start and what was acknowledged, since a SYN shows the true start, unless the two are the
    /// same.
    mutating func forgetAssumedStart(unless start: UInt32?) {
        guard isStartAssumed else { return }
        isStartAssumed = false
        guard seenOffset == 0, held.isEmpty, start == nil || firstSequence != start else { return }
        firstSequence = nil
        acknowledgedOffset = 0
        ripening = nil
    }

    /// Whether an acknowledgment may cover bytes that wait after an assumed start, or that came before them.
    func mayHaveWaited(for acknowledgment: UInt32) -> Bool {
        guard let end = held.end, let offset = signedOffset(of: acknowledgment) else { return false }
        return offset > 0 && offset <= Int64(clamping: end)
    }

    /// Moves an assumed start, if no byte was accepted yet: the waiting bytes and the FIN move along, and bytes before
    /// the new start, or farther after it than any window reaches, are dropped.
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

    /// Moves the start to another sequence number, if no byte was seen.
    ///
    /// - Returns: Whether it moved.
    mutating func restart(at sequence: UInt32) -> Bool {
        guard seenOffset == 0, nextOffset == 0, held.isEmpty, finOffset == nil else { return false }
        firstSequence = sequence
        acknowledgedOffset = 0
        ripening = nil
        return true
    }

    /// Begins with the first waiting bytes, if they are at `sequence`, in place of an assumed start.
    mutating func beginLater(at sequence: UInt32) {
        guard isStartAssumed, nextOffset == 0, let first = held.firstOffset,
            signedOffset(of: sequence) == Int64(first)
        else { return }
        nextOffset = first
        ripening = nil
    }

    /// Whether the stream's first segment lies before an assumed start, or farther after it than any window reaches
    /// (RFC 7323 2.3): then the other end acknowledged what was never sent.
    ///
    /// One byte may be a keep-alive probe (RFC 9293 3.8.4).
    func refutesAssumedStart(_ sequence: UInt32, _ length: Int) -> Bool {
        guard seenOffset == 0, length > 1, let offset = signedOffset(of: sequence) else { return false }
        return !(0...Int64(1 << 30)).contains(offset)
    }
}
