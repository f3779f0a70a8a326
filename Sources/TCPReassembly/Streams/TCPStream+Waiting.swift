import WireFormat

/// What comes next in a stream.
public enum StreamPiece: Sendable {
    /// Bytes that had waited.
    case held(HeldSegment)
    /// So many bytes that the capture does not hold.
    case gap(UInt64)
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

    /// Lets the bytes that wait pass.
    mutating func resume() {
        isPaused = false
    }

    /// Looks at the first hole again, since a packet of the connection has come.
    ///
    /// - Parameters:
    ///   - packets: How many have come.
    ///   - time: The packet's time.
    ///   - limits: When a hole counts as a gap.
    mutating func age(packets: UInt64, time: Timestamp, limits: ReassemblyLimits) {
        let end = firstWaiting ?? certainEnd
        guard end > nextOffset, end > gapsEnd, acknowledgedOffset >= end else {
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

    /// Counts every hole as a gap: nothing more will come.
    mutating func flush() {
        isPaused = false
        gapsEnd = .max
    }

    /// The next piece that has waited; nil when there is none, or when bytes before it may still come.
    mutating func next(budget: inout Int) -> StreamPiece? {
        guard !isPaused else { return nil }
        guard let first = firstWaiting else {
            isFull = false
            let end = certainEnd
            return end > nextOffset && end <= gapsEnd ? gap(to: end) : nil
        }
        if first > nextOffset {
            return first <= gapsEnd || isFull ? gap(to: first) : nil
        }
        guard !isFirstInDoubt, var segment = held.popFirst() else { return nil }
        budget &+= segment.cost
        if segment.missing > 0 {
            guard segment.bytes.isEmpty else {
                let rest = HeldSegment(
                    offset: segment.offset &+ UInt64(segment.bytes.count), bytes: [], missing: segment.missing,
                    origin: segment.origin)
                budget &-= rest.cost
                held.prepend(rest)
                segment.missing = 0
                return handOn(segment)
            }
            cutBytes &+= segment.end &- nextOffset
            return gap(to: segment.end)
        }
        return handOn(segment)
    }

    /// Drops what waits.
    mutating func removeHeld(budget: inout Int) {
        budget &+= held.cost
        held.removeAll()
    }

    /// Where the first bytes wait that may be handed on: those behind a FIN wait until its ACK tells whether it is one.
    var firstWaiting: UInt64? {
        guard let first = held.firstOffset, first < finOffset ?? .max else { return nil }
        return first
    }

    /// Whether the bytes that are next may not have reached the other end, as far as is known.
    var isFirstInDoubt: Bool {
        guard held.doubtfulCount > 0, let first = held.first, first.isDoubtful, !isFull else { return false }
        return first.end > max(acknowledgedOffset, gapsEnd)
    }

    mutating func handOn(_ segment: HeldSegment) -> StreamPiece {
        recent.record(segment.bytes.span, at: segment.offset)
        nextOffset = segment.end
        seenOffset = max(seenOffset, segment.end)
        return .held(segment)
    }

    mutating func gap(to end: UInt64) -> StreamPiece {
        let length = end &- nextOffset
        nextOffset = end
        seenOffset = max(seenOffset, end)
        gapBytes &+= length
        ripening = nil
        return .gap(length)
    }
}
