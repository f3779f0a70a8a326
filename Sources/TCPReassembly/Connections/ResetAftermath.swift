import PacketDecoding
package import WireFormat

/// What follows a RST that counted: bytes that the other end had in flight, or that the RST's sender goes on with.
///
/// An object, since most connections never need it.
final class ResetAftermath {
    /// The packet of the RST.
    let origin: Origin
    /// Who sent it.
    let sender: Direction
    /// Where each stream ended by then.
    let ends: InlineArray<2, UInt64>
    /// How far the RST's sender had received the other stream by then: bytes before this offset were only captured
    /// late.
    let received: UInt64
    /// The packet with the first bytes of each stream since the RST; nil if there are none.
    var firstBytes: InlineArray<2, Origin?> = [nil, nil]
    /// The latest packet of the connection.
    var latest: Origin
    /// Whether the RST's sender has since acknowledged later bytes: a real sender of a RST is gone.
    var isRefuted = false

    /// The number of the RST's packet.
    var packet: UInt64 { origin.packet }

    /// The end of a stream at the time of the RST, as far as the packets show.
    func knownEnd(of direction: Direction) -> UInt64 {
        direction == sender ? ends[direction.index] : max(ends[direction.index], received)
    }

    init(origin: Origin, sender: Direction, ends: InlineArray<2, UInt64>, received: UInt64) {
        self.origin = origin
        latest = origin
        self.sender = sender
        self.ends = ends
        self.received = received
    }
}

/// Bytes that follow a RST.
package struct BytesAfterReset {
    /// The packet of the RST.
    package let resetPacket: UInt64
    /// Where they begin in their stream.
    package let offset: UInt64
    /// How many there are.
    package let count: UInt64
    /// The packet with the first of them.
    package let first: Origin
}

extension TCPConnection {
    /// Takes a RST in the receiver's window.
    mutating func take(
        reset sequence: UInt32, _ direction: Direction, at origin: Origin, _ doubt: SegmentDoubt, endsAll: Bool
    ) {
        // The RST refuses the SYN, unless an answer to the SYN follows.
        if direction == .fromResponder, synAck == nil, streams[1].knownStart == nil, let syn {
            challenger = (syn, .fromInitiator)
        }
        // Until the responder is known, a RST that refuses the SYN was matched against the SYN itself.
        guard streams[direction.index].fit(ofReset: sequence) == .exact else {
            if reset == nil, nearReset == nil {
                nearReset = (origin.packet, direction, origin.time)
                nearResetOffset = streams[direction.index].offset(of: sequence)
                hasGoneOn = false
                beginAftermath(origin, direction, at: nearResetOffset ?? 0)
            }
            slowPathReasons.insert(.doubtfulReset)
            return
        }
        settleReset()
        aftermath?.latest = origin
        let isAnswer = reset.map { $0.from != direction } ?? false
        if reset == nil {
            reset = (origin.packet, direction)
            resetDoubt = doubt
            // What comes before it was sent before it, even if captured later.
            beginAftermath(origin, direction, at: streams[direction.index].offsetBeforeFin(of: sequence))
        }
        if firstEndTime == nil { firstEndTime = origin.time }
        let isOver = doubt.isEmpty && (endsAll || isAnswer)
        hasSureReset = doubt.isEmpty
        slowPathReasons.set(.doubtfulReset, to: !isOver)
        slowPathReasons.set(.closed, to: isOver)
    }

    /// Records where the streams stand: bytes before the RST in its own stream may be captured later.
    private mutating func beginAftermath(_ origin: Origin, _ sender: Direction, at offset: UInt64) {
        var ends: InlineArray<2, UInt64> = [
            max(streams[0].nextOffset, streams[0].seenOffset), max(streams[1].nextOffset, streams[1].seenOffset),
        ]
        ends[sender.index] = max(ends[sender.index], offset)
        let received = streams[sender.opposite.index].acknowledgedOffset
        aftermath = ResetAftermath(origin: origin, sender: sender, ends: ends, received: received)
    }

    /// Follows what comes after a RST that has not yet closed the connection.
    ///
    /// The RST ended nothing if the other end acknowledges bytes that its sender has sent since; or if its sender
    /// acknowledges bytes that have come since, and then sends more.
    mutating func followReset(
        _ segment: borrowing TCPSegment, _ direction: Direction, _ origin: Origin, _ arrival: inout Arrival
    ) {
        guard let aftermath else { return }
        aftermath.latest = origin
        guard aftermath.packet != origin.packet, !segment.flags.contains(.rst) else { return }
        let end = max(streams[direction.index].nextOffset, streams[direction.index].seenOffset)
        let hasNew = segment.payloadLength > 0 && end > aftermath.ends[direction.index]
        if hasNew, end > aftermath.knownEnd(of: direction), aftermath.firstBytes[direction.index] == nil {
            aftermath.firstBytes[direction.index] = origin
        }
        if let nearReset, direction != nearReset.from, let place = nearResetOffset, segment.flags == .ack,
            segment.payloadLength == 0, streams[nearReset.from.index].acknowledgedOffset < place
        {
            // RFC 9293 3.10.7.4: the end sent a challenge ACK, so it still lives.
            hasGoneOn = true
        }
        guard hasSureReset, reset != nil else { return }
        let acknowledged = streams[direction.opposite.index].acknowledgedOffset
        let confirms = segment.flags.contains(.ack) && acknowledged > aftermath.ends[direction.opposite.index]
        if direction == aftermath.sender {
            aftermath.isRefuted = aftermath.isRefuted || confirms
        } else if confirms || aftermath.isRefuted && hasNew {
            streams[aftermath.sender.index].survivedReset = aftermath.packet
            forgetReset(from: aftermath.sender, &arrival)
        }
    }

    /// Goes on after a RST that ended nothing.
    mutating func forgetReset(from sender: Direction, _ arrival: inout Arrival) {
        slowPathReasons.remove(.doubtfulReset)
        reset = nil
        aftermath = nil
        hasSureReset = false
        if finPackets[0] == nil, finPackets[1] == nil { firstEndTime = nil }
        states = [currentState(of: .fromInitiator), currentState(of: .fromResponder)]
        streams[sender.index].hasDoubt = true
        arrival.isDoubtful = streams[sender.index].takeDoubt()
    }

    /// Judges an inexact RST once nothing more is to come: it counts if its sender never went on, or went on exactly to
    /// the RST.
    package mutating func settleReset() {
        guard let nearReset, reset == nil, isNearResetRefuted else { return }
        self.nearReset = nil
        aftermath = nil
        streams[nearReset.from.index].recordIgnoredReset(in: nearReset.packet)
    }

    /// Whether the sender of an inexact RST went on, and ended elsewhere than at the RST.
    var isNearResetRefuted: Bool {
        mutating get {
            guard let nearReset, hasGoneOn else { return false }
            let stream = nearReset.from.index
            return max(streams[stream].nextOffset, streams[stream].seenOffset) != nearResetOffset
        }
    }

    /// Whether the connection waits for what may follow a RST.
    ///
    /// `mutating`, like the members below, so that it is read in place.
    package var awaitsAftermath: Bool {
        mutating get { aftermath != nil && reset != nil && !isClosed }
    }

    /// The last packet of the connection, or the SYN of the next one, if its end is awaited longer.
    package mutating func awaitedLastPacket() -> Origin? {
        guard let aftermath, finalReset?.packet == aftermath.packet else {
            return (finish ?? replacement) == nil ? nil : succession?.latest
        }
        return aftermath.latest
    }

    /// The packet that ended the connection if more may be captured later: a RST if no FIN came before, the last
    /// acknowledgment of a FIN, or the SYN of the next connection.
    package mutating func earlyEnd() -> Origin? {
        guard let aftermath, firstFinPacket == nil, finalReset?.packet == aftermath.packet else {
            return finish ?? replacement
        }
        return aftermath.origin
    }

    /// How far the sender of the final RST had received the other stream by then; nil if unknown.
    package var receivedAtReset: UInt64? {
        mutating get {
            guard let aftermath, finalReset?.packet == aftermath.packet else { return nil }
            return aftermath.received
        }
    }

    /// The offset from which the final RST refuses doubtful bytes of a stream; nil if there is no such RST.
    ///
    /// No end sends a RST that precedes its own bytes, and none accepts bytes after its own RST.
    mutating func refusedOffset(in direction: Direction) -> UInt64? {
        guard hasSureReset, let aftermath, reset?.packet == aftermath.packet else { return nil }
        return direction == aftermath.sender ? aftermath.ends[direction.index] : aftermath.received
    }

    /// Whether the final RST acknowledges the other end's FIN, which was captured after it.
    package var answersFin: Bool {
        mutating get {
            guard let reset = finalReset, let received = receivedAtReset,
                let fin = streams[reset.from.opposite.index].finOffset
            else { return false }
            return received > fin
        }
    }

    /// Closes the connection: nothing that matters has followed its RST.
    package mutating func close() { slowPathReasons.insert(.closed) }

    /// The bytes of a direction that follow the final RST; nil if there are none.
    package mutating func bytesAfterReset(_ direction: Direction) -> BytesAfterReset? {
        guard let aftermath, let first = aftermath.firstBytes[direction.index],
            finalReset?.packet == aftermath.packet
        else { return nil }
        let start = aftermath.knownEnd(of: direction)
        let end = max(streams[direction.index].nextOffset, streams[direction.index].seenOffset)
        guard end > start else { return nil }
        return BytesAfterReset(
            resetPacket: aftermath.packet, offset: start, count: end &- start, first: first)
    }
}
