package import WireFormat

/// Bytes that wait for earlier bytes, or for the reader of their stream.
extension TCPConnection {
    /// The next piece of a stream that was waiting.
    package mutating func next(_ direction: Direction, budget: inout Int) -> StreamPiece? {
        let piece = streams[direction.index].next(budget: &budget)
        if case .held(let segment) = piece, segment.doubt == .unsentAcknowledgment,
            segment.end <= streams[direction.index].acknowledgedOffset
        {
            confirm(segment.acknowledgment, by: direction)
        }
        if streams[direction.index].excused.contains(.oldTimestamp) {
            // It counts again from the next timestamp on, which the fast path takes only if one is known.
            streams[direction.index].excused.remove(.oldTimestamp)
            headers[direction.index].forgetTimestamp()
        }
        return piece
    }

    /// Counts bytes that a segment acknowledges but the capture lacks as sent, since the segment's receiver accepted
    /// it.
    private mutating func confirm(_ acknowledgment: UInt32, by direction: Direction) {
        guard acknowledgment != 0,
            streams[direction.opposite.index].acknowledge(acknowledgment, window: 0, isDoubtful: true)
        else { return }
        recordFin(of: direction.opposite)
    }

    /// Takes back bytes of the current segment that their reader cannot use yet, and pauses the stream until `resume`.
    ///
    /// - Parameters:
    ///   - direction: Who sent them.
    ///   - bytes: The unread end of the delivered bytes.
    ///   - origin: The packet that brought them.
    ///   - received: How far their sender had received the other stream; nil if unknown.
    ///   - budget: Bytes that all connections together may still hold.
    package mutating func pause(
        _ direction: Direction, keeping bytes: Span<UInt8>, origin: Origin, received: UInt64? = nil, budget: inout Int
    ) {
        let offset = streams[direction.index].nextOffset &- UInt64(bytes.count)
        var acknowledgment: UInt32 = 0
        if let received, let first = streams[direction.opposite.index].firstSequence {
            acknowledgment = first &+ UInt32(truncatingIfNeeded: received)
        }
        let segment = HeldSegment(
            offset: offset, bytes: ArraySlice(copying: bytes), missing: 0, origin: origin,
            acknowledgment: acknowledgment)
        pause(direction, keeping: segment, budget: &budget)
    }

    /// Takes back the last `unread` bytes of a held segment.
    package mutating func pause(
        _ direction: Direction, keeping segment: HeldSegment, unread: Int, budget: inout Int
    ) {
        var rest = segment
        rest.keep(segment.bytes.suffix(unread))
        rest.offset = segment.end &- UInt64(unread)
        pause(direction, keeping: rest, budget: &budget)
    }

    /// Takes back a gap of `length` bytes.
    package mutating func pause(_ direction: Direction, keepingGap length: UInt64, origin: Origin, budget: inout Int) {
        let offset = streams[direction.index].nextOffset &- length
        streams[direction.index].takeBackGap(length)
        pause(
            direction, keeping: HeldSegment(offset: offset, bytes: [], missing: length, origin: origin),
            budget: &budget)
    }

    private mutating func pause(_ direction: Direction, keeping segment: HeldSegment, budget: inout Int) {
        streams[direction.index].pause(keeping: segment, budget: &budget)
    }

    /// Resumes a paused stream.
    package mutating func resume(_ direction: Direction) {
        streams[direction.index].resume()
    }

    /// Declares every hole a gap, since the connection or the capture is over.
    package mutating func flush(budget: inout Int) {
        for direction in Direction.allCases {
            if streams[direction.index].isFinRefuted {
                streams[direction.index].withdrawFin()
                streams[direction.index].countOutOfWindow()
                recordFin(of: direction)
            }
            if streams[direction.index].isFinAcknowledged, streams[direction.index].finDoubt == .unsentAcknowledgment {
                confirm(finAcknowledgments[direction.index], by: direction)
            }
        }
        streams[0].flush(refusedFrom: refusedOffset(in: .fromInitiator), budget: &budget)
        streams[1].flush(refusedFrom: refusedOffset(in: .fromResponder), budget: &budget)
    }

    /// Drops the waiting bytes, and no longer waits for a reader.
    package mutating func removeHeld(budget: inout Int) {
        streams[0].removeHeld(budget: &budget)
        streams[1].removeHeld(budget: &budget)
    }
}

extension TCPConnection {
    /// Ages the holes of the streams at `time`, when no packet has come.
    ///
    /// - Returns: Whether a stream may have more to deliver.
    package mutating func age(to time: Timestamp, limits: ReassemblyLimits) -> Bool {
        var hasMore = false
        for index in 0..<2 where !streams[index].isIdle {
            streams[index].age(packets: packets, time: time, limits: limits)
            hasMore = true
        }
        return hasMore
    }
}

/// Frequent questions about a stream; `mutating` so that it is read in place, not moved.
extension TCPConnection {
    /// Whether a stream is paused and holds as much as allowed.
    package mutating func isPausedAndFull(_ direction: Direction) -> Bool {
        streams[direction.index].isPaused && streams[direction.index].isFull
    }

    /// Whether the capture has no byte and no FIN of a stream, although the other end has acknowledged some bytes or
    /// the SYN is missing too.
    package mutating func isUnseen(_ direction: Direction) -> Bool {
        guard hasNoByte(direction), finPackets[direction.index] == nil else { return false }
        let missing = streams[direction.index].gapBytes
        // One byte may be a FIN that the capture lacks.
        return missing > 0 || streams[direction.index].acknowledgedOffset > 1
            || (direction == .fromInitiator ? syn == nil : synAck == nil)
    }

    /// Whether the capture has no byte of a stream, perhaps because none was sent.
    package mutating func hasNoByte(_ direction: Direction) -> Bool {
        streams[direction.index].seenOffset == streams[direction.index].gapBytes
    }

    /// Whether bytes wait in both streams, and the other stream's first ones were captured before this stream's, or
    /// before its FIN if nothing else waits.
    package mutating func comesLate(_ direction: Direction) -> Bool {
        guard let own = streams[direction.index].held.first?.origin.packet ?? finPackets[direction.index],
            let other = streams[direction.opposite.index].held.first
        else { return false }
        return other.origin.packet < own
    }

    /// The first waiting bytes of a stream: those of at most `limit` segments.
    package mutating func waiting(_ direction: Direction, limit: Int) -> [HeldSegment] {
        streams[direction.index].held.prefix(limit)
    }

    /// The first waiting bytes of a stream; nil if none wait.
    package mutating func firstWaiting(_ direction: Direction) -> HeldSegment? {
        streams[direction.index].held.first
    }

    /// Whether bytes of a stream waited for an acknowledgment that has now come.
    package mutating func hasReleased(_ direction: Direction) -> Bool {
        streams[direction.index].hasDoubtfulBytes && !streams[direction.index].isFirstInDoubt
    }

    /// Whether bytes of either stream wait for an acknowledgment.
    package mutating func awaitsAcknowledgment() -> Bool {
        streams[0].hasDoubtfulBytes || streams[1].hasDoubtfulBytes
    }

    /// Whether a stream is complete up to its FIN (``TCPStream/isWhole``).
    package mutating func isWhole(_ direction: Direction) -> Bool {
        streams[direction.index].isWhole
    }

    /// The final counts of a stream.
    package mutating func totals(of direction: Direction) -> StreamTotals {
        StreamTotals(
            acknowledgedOffset: streams[direction.index].acknowledgedOffset,
            endOffset: max(streams[direction.index].nextOffset, streams[direction.index].seenOffset),
            isWhole: streams[direction.index].isWhole,
            retransmittedSegments: streams[direction.index].retransmittedSegments,
            outOfOrderSegments: streams[direction.index].outOfOrderSegments,
            duplicateSegments: streams[direction.index].duplicateSegments,
            gapBytes: streams[direction.index].gapBytes)
    }

    /// Whether the sender of a stream has sent segments that contradict others, lie outside the receiver's window, or
    /// acknowledge what was never sent.
    package mutating func hasDoubts(_ direction: Direction) -> Bool {
        streams[direction.index].firstConflictOffset != nil || !streams[direction.index].insertions.isEmpty
            || streams[direction.index].ignoredReset != nil || streams[direction.index].firstUrgentOffset != nil
            || streams[direction.index].outOfWindowSegments > 0
            || streams[direction.opposite.index].hasFarAcknowledgments
    }
}

/// The final counts of a stream (see ``TCPStream``).
package struct StreamTotals {
    /// The end of the acknowledged bytes, without the FIN.
    package let acknowledgedOffset: UInt64
    /// The end of the bytes seen or known to be missing.
    package let endOffset: UInt64
    /// Whether everything up to its FIN was delivered or reported as gaps.
    package let isWhole: Bool
    /// Segments that brought only bytes already seen.
    package let retransmittedSegments: UInt64
    /// Segments that brought new bytes after later ones were seen.
    package let outOfOrderSegments: UInt64
    /// Segments that the capture holds twice.
    package let duplicateSegments: UInt64
    /// Bytes reported as gaps.
    package let gapBytes: UInt64
}
