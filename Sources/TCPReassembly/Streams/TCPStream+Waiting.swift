package import WireFormat

/// What comes next in a stream.
package enum StreamPiece: Sendable {
    /// Bytes that waited.
    case held(HeldSegment)
    /// This many bytes that the capture lacks, and the packet that was cut or that came next; nil if there is none.
    case gap(UInt64, Origin?)
}

/// Bytes that wait, and holes that turn out to be gaps.
extension TCPStream {
    /// Takes back what the reader of the stream could not use yet, and holds everything until `resume`.
    mutating func pause(keeping segment: HeldSegment, budget: inout Int) {
        isPaused = true
        guard segment.offset < segment.end else { return }
        nextOffset = segment.offset
        budget &-= segment.cost
        held.prepend(segment)
    }

    /// Removes a gap from the counts: it will be delivered again, and counted then.
    ///
    /// It will then count as cut. A cut gap has already counted as cut once; for a hole, the subtraction here makes up
    /// for it.
    mutating func takeBackGap(_ length: UInt64) {
        gapBytes &-= length
        cutBytes &-= length
    }

    /// Releases the waiting bytes.
    mutating func resume() {
        isPaused = false
    }

    /// Ages the first hole after a packet of the connection.
    ///
    /// - Parameters:
    ///   - packets: The number of packets so far.
    ///   - time: The packet's time.
    ///   - limits: When a hole becomes a gap.
    mutating func age(packets: UInt64, time: Timestamp, limits: ReassemblyLimits) {
        // Acknowledgments alone may be forged, so bytes beyond the hole must have been sent too.
        guard let end = firstWaiting, end > nextOffset, end > gapsEnd, acknowledgedOffset >= end else {
            ripening = nil
            return
        }
        guard let since = ripening, since.next == nextOffset else {
            ripening = (acknowledgedOffset, packets, time, nextOffset)
            return
        }
        if packets &- since.packets >= limits.gapPackets
            || time.nanoseconds(since: since.time) >= limits.gapDelay
        {
            gapsEnd = since.offset
            ripening = nil
        }
    }

    /// Declares every hole a gap, since nothing more will come.
    ///
    /// Doubtful bytes from `refused` on are dropped, since a RST precedes them.
    mutating func flush(refusedFrom refused: UInt64?, budget: inout Int) {
        isPaused = false
        gapsEnd = .max
        guard isHeard else { return }
        let before = held.cost
        recordInsertion(held.removeRejected(from: refused))
        budget &-= held.cost &- before
    }

    /// The next waiting piece; nil if there is none, or if earlier bytes may still come.
    mutating func next(budget: inout Int) -> StreamPiece? {
        guard !isPaused else { return nil }
        passUrgentByte()
        guard let first = firstWaiting else {
            isFull = false
            let end = certainEnd
            return end > nextOffset && end <= gapsEnd ? gap(to: end, before: nil) : nil
        }
        if first > nextOffset {
            guard first <= gapsEnd || isFull else { return nil }
            let origin = held.first?.origin
            guard let urgentOffset, urgentOffset < first else { return gap(to: first, before: origin) }
            // A gap ends at an out-of-band byte.
            if urgentOffset > nextOffset { return gap(to: urgentOffset, before: origin) }
            // The out-of-band byte was sent if the bytes that wait after it were.
            seenOffset = max(seenOffset, first)
            passUrgentByte()
            if first > nextOffset { return gap(to: first, before: origin) }
        }
        guard !isFirstInDoubt, var segment = held.popFirst() else { return nil }
        budget &+= segment.cost
        if segment.isDoubtful, segment.end <= acknowledgedOffset {
            excused.formUnion(segment.doubt.subtracting(.single))
        }
        if segment.missing > 0 {
            guard segment.bytes.isEmpty else {
                let rest = HeldSegment(
                    offset: segment.offset &+ UInt64(segment.bytes.count), bytes: [], missing: segment.missing,
                    origin: segment.origin)
                budget &-= rest.cost
                held.prepend(rest)
                segment.missing = 0
                return deliver(segment)
            }
            cutBytes &+= segment.end &- nextOffset
            return gap(to: segment.end, before: segment.origin)
        }
        return deliver(segment)
    }

    /// Drops the waiting bytes, and no longer waits for a reader.
    mutating func removeHeld(budget: inout Int) {
        budget &+= held.cost
        held.removeAll()
        isPaused = false
        isFull = false
    }

    /// The offset of the first waiting bytes that may be delivered: those after a FIN wait until its ACK confirms or
    /// refutes it.
    var firstWaiting: UInt64? {
        guard let first = held.firstOffset, first < finOffset ?? .max else { return nil }
        return first
    }

    /// Whether the next bytes lie before the FIN and have not been captured.
    var lacksBytesBeforeFin: Bool {
        guard let finOffset else { return false }
        return min(held.firstOffset ?? finOffset, finOffset) > nextOffset
    }

    /// Whether the next bytes may not have reached the other end.
    var isFirstInDoubt: Bool {
        guard held.doubtfulCount > 0, let first = held.first, first.isDoubtful, !isFull else { return false }
        return first.end > max(acknowledgedOffset, gapsEnd)
    }

    mutating func deliver(_ segment: HeldSegment) -> StreamPiece {
        recent.record(segment.bytes.span, at: segment.offset, segment.identification)
        nextOffset = segment.end
        seenOffset = max(seenOffset, segment.end)
        return .held(segment)
    }

    /// Reports the bytes from ``nextOffset`` to `end`, at least one, as a gap.
    mutating func gap(to end: UInt64, before origin: Origin?) -> StreamPiece {
        let length = end &- nextOffset
        nextOffset = end
        seenOffset = max(seenOffset, end)
        gapBytes &+= length
        ripening = nil
        return .gap(length, origin)
    }
}
