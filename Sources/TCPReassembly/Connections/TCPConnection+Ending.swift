package import WireFormat

/// What the packets show of how a connection ended: whose FIN or RST ended it.
///
/// Most members are `mutating` so that they read the connection in place: a getter that only borrows copies it.
extension TCPConnection {
    /// Whether a segment has ended it: a RST, or the acknowledgment of the second FIN.
    package var isClosed: Bool { slowPathReasons.contains(.closed) }

    /// The RST that ended it: the first that its receiver accepted, else an inexact RST that nothing refutes.
    package var finalReset: (packet: UInt64, from: Direction)? {
        mutating get {
            if let reset { return reset }
            guard let nearReset, finPackets[0] == nil, finPackets[1] == nil, !isNearResetRefuted else { return nil }
            return (nearReset.packet, nearReset.from)
        }
    }

    /// The final RST, if it does not match the next byte that its receiver expects, as far as the packets show.
    package var inexactReset: (packet: UInt64, from: Direction)? {
        mutating get {
            guard reset == nil, let last = finalReset else { return nil }
            let stream = last.from.index
            // Bytes before it may have been captured later.
            let end = max(streams[stream].nextOffset, streams[stream].seenOffset)
            return end == nearResetOffset ? nil : last
        }
    }

    /// The position of that RST, and its sender, if bytes before it were not captured.
    package var resetAhead: (offset: UInt64, from: Direction)? {
        mutating get {
            guard let last = inexactReset, let nearResetOffset else { return nil }
            let stream = last.from.index
            guard nearResetOffset > max(streams[stream].nextOffset, streams[stream].seenOffset) else { return nil }
            return (nearResetOffset, last.from)
        }
    }

    /// ``finalReset``, or a RST at the last byte that its receiver ever acknowledged: the bytes after that byte were
    /// lost on the way.
    package var refusal: (packet: UInt64, from: Direction)? {
        mutating get {
            if let finalReset { return finalReset }
            guard let nearReset, nearResetOffset == streams[nearReset.from.index].acknowledgedOffset else { return nil }
            return (nearReset.packet, nearReset.from)
        }
    }

    /// Who sent its FIN first, judged by what the FINs acknowledge, not by capture order; nil if that does not decide
    /// it.
    package var firstToFinish: Direction? {
        mutating get {
            switch (hasAnsweredFin(.fromInitiator), hasAnsweredFin(.fromResponder)) {
            case (true, false): .fromResponder
            case (false, true): .fromInitiator
            case (true, true), (false, false): nil
            }
        }
    }

    /// Whether the FIN of an end acknowledges the other end's FIN: one byte more than was sent.
    private mutating func hasAnsweredFin(_ direction: Direction) -> Bool {
        let other = direction.opposite.index
        guard finPackets[direction.index] != nil, finAcknowledgments[direction.index] != 0,
            let offset = streams[other].offset(of: finAcknowledgments[direction.index])
        else { return false }
        return offset == 1 &+ (streams[other].finOffset ?? max(streams[other].nextOffset, streams[other].seenOffset))
    }

    /// How far an end had received the other stream when it sent its FIN; nil if unknown.
    package mutating func received(atFinOf direction: Direction) -> UInt64? {
        guard finPackets[direction.index] != nil, finAcknowledgments[direction.index] != 0 else { return nil }
        return streams[direction.opposite.index].offset(of: finAcknowledgments[direction.index])
    }

    /// Whether the FIN of an end may answer one that the capture lacks: the capture has no packet of the other end, and
    /// this end acknowledged nothing more after its FIN.
    package mutating func mayAnswerUnseenFin(_ direction: Direction) -> Bool {
        let other = direction.opposite.index
        guard !streams[direction.index].isHeard, streams[direction.index].acknowledgedOffset == 0,
            streams[other].seenOffset == streams[other].gapBytes, finPackets[other] == nil
        else { return false }
        guard let received = received(atFinOf: direction) else { return true }
        return streams[other].acknowledgedOffset <= received
    }

    /// The packet of the first FIN; nil if none has come.
    package var firstFinPacket: UInt64? {
        mutating get {
            guard let one = finPackets[0], let other = finPackets[1] else { return finPackets[0] ?? finPackets[1] }
            return min(one, other)
        }
    }

    /// The packet of the first FIN or RST; nil if none has come.
    package var firstEndPacket: UInt64? {
        mutating get {
            guard let reset else { return firstFinPacket }
            return min(reset.packet, firstFinPacket ?? .max)
        }
    }

    /// The time of the first FIN, or of the RST that ended it.
    package var endTime: Timestamp? {
        mutating get { firstEndTime ?? (finalReset == nil ? nil : nearReset?.time) }
    }

    /// Whether the connection is over, unless the sender of a RST goes on.
    package var isOver: Bool {
        mutating get { isClosed || isFinished || nearReset != nil && !hasGoneOn || awaitsAftermath }
    }
}
