import PacketDecoding
package import WireFormat

/// SYNs that rival others, or that later bytes of their end refute: one of them is forged, or of another connection.
extension TCPConnection {
    /// Remembers a second answer to the SYN, with another initial sequence number: the initiator acknowledges the one
    /// that it accepted.
    mutating func recordRival(_ segment: borrowing TCPSegment, from direction: Direction, at origin: Origin) {
        guard direction == .fromResponder, segment.flags.isSuperset(of: [.syn, .ack]), handshakeAck == nil,
            let syn, segment.acknowledgment == syn.sequence &+ 1
        else { return }
        challenger = (HandshakeSegment(segment, at: origin), direction)
    }

    /// Replaces the first answer to the SYN by the second, since the initiator acknowledges that one.
    mutating func takeRival(acknowledgedBy segment: borrowing TCPSegment) {
        guard let challenger, challenger.from == .fromResponder,
            segment.acknowledgment == challenger.syn.sequence &+ 1,
            streams[1].restart(at: segment.acknowledgment)
        else { return }
        synAck = challenger.syn
        self.challenger = nil
    }

    /// Whether of an end only the SYN was captured so far, after bytes of the other end: the rest is likely to follow.
    ///
    /// It has until the connection's 32nd packet.
    package mutating func isOpeningLate(_ direction: Direction) -> Bool {
        guard let challenger, challenger.from == direction, packets < 32 else { return false }
        return streams[direction.index].seenOffset == 0 && mayBegin(after: challenger.syn.sequence, direction)
    }

    /// Whether a stream, of which no byte was captured, may begin with a SYN: as far as is known, the other end has
    /// acknowledged up to 64 KiB behind it.
    mutating func mayBegin(after syn: UInt32, _ direction: Direction) -> Bool {
        guard streams[direction.index].seenOffset == 0 else { return false }
        guard let first = streams[direction.index].firstSequence else { return true }
        return first &- (syn &+ 1) <= 0xffff
    }

    /// Whether each end has sent a SYN, or answered one.
    private var hasBothSYNs: Bool {
        mutating get {
            // Not compared with nil, which would copy the whole values.
            if case .some = syn, case .some = synAck { return true }
            return isSimultaneousOpen
        }
    }

    /// Forgets the SYN of an end that sends bytes from before it, unless both ends have sent a SYN or the other end has
    /// acknowledged this one: it was of another connection, or forged.
    ///
    /// - Returns: Whether it was forgotten: the bytes that refute it are in doubt.
    mutating func refuteOpening(
        by sequence: UInt32, length: Int, _ direction: Direction, _ doubt: SegmentDoubt
    ) -> Bool {
        guard streams[direction.index].seenOffset == 0, length > 1, doubt.isSubset(of: .atStart),
            streams[direction.index].signedOffset(of: sequence) ?? 0 < 0,
            !hasBothSYNs, handshakeAck == nil, let opening = direction == .fromInitiator ? syn : synAck,
            streams[direction.index].restart(at: sequence)
        else { return false }
        if direction == .fromInitiator { syn = nil } else { synAck = nil }
        challenger = (opening, direction)
        slowPathReasons.remove(.opening)
        streams[direction.index].countOutOfWindow()
        return true
    }

    /// Restores such a SYN if `sequence` follows it, either as the first bytes of its end or as the other end's first
    /// acknowledgment: the bytes that refuted it were stray or forged.
    mutating func restoreOpening(at sequence: UInt32, _ direction: Direction, budget: inout Int) {
        let index = direction.index
        guard streams[index].seenOffset == 0, let challenger, challenger.from == direction,
            sequence == challenger.syn.sequence &+ 1, streams[index].acknowledgedOffset == 0,
            streams[index].hasDoubtfulBytes, !isOpeningKnown
        else { return }
        let before = streams[index].held.cost
        let doubt = streams[index].held.removeAll()
        streams[index].recordInsertion(doubt)
        budget &-= streams[index].held.cost &- before
        guard streams[index].restart(at: sequence) else { return }
        if direction == .fromInitiator {
            syn = challenger.syn
        } else {
            synAck = challenger.syn
            slowPathReasons.insert(.opening)
        }
        self.challenger = nil
    }
}
