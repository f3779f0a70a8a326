import PacketDecoding
import WireFormat

/// Segments that their receiver may have ignored.
extension TCPConnection {
    /// Whether the next data of an end is its first, and was sent before the SYN was answered, as far as the packets so
    /// far show: until then the initiator can neither send data nor accept any from the responder.
    ///
    /// Data that begins within such data is no better.
    private mutating func mayPrecedeStart(_ direction: Direction, _ offset: Int64?) -> Bool {
        guard syn != nil, streams[direction.index].seenOffset == 0 else { return false }
        if let first = streams[direction.index].held.first, let end = streams[direction.index].held.end {
            guard first.doubt == .atStart, let offset else { return false }
            return max(0, offset) >= Int64(clamping: first.offset) && offset < Int64(clamping: end)
        }
        return direction == .fromInitiator ? !isHeard(.fromResponder) : streams[1].firstSequence == nil
    }

    /// Whether the receiver may have no room for a segment.
    @inline(__always)
    private mutating func windowDoubt(
        of segment: borrowing TCPSegment, at offset: Int64?, _ direction: Direction
    ) -> SegmentDoubt {
        var doubt = SegmentDoubt()
        if segment.payloadLength > 0, closedWindows?.isClosed(direction.opposite) == true,
            offset ?? 0 >= Int64(streams[direction.index].acknowledgedOffset)
        {
            doubt.insert(.closedWindow)
        }
        if let offset, offset > Int64(streams[direction.index].nextOffset),
            streams[direction.index].isBeyondWindow(offset &+ Int64(segment.payloadLength))
        {
            doubt.insert(.beyondWindow)
        }
        return doubt
    }

    /// Examines the next segment.
    mutating func examine(_ segment: inout TCPSegment, in bytes: Span<UInt8>, from direction: Direction) {
        let other = direction.opposite
        let offset = streams[direction.index].signedOffset(of: segment.sequence)
        var doubt = SegmentDoubt()
        if segment.flags.isDisjoint(with: [.syn, .rst]), segment.flags.contains(.ack) {
            doubt = streams[other.index].doubt(ofAcknowledgment: segment.acknowledgment, isOpeningKnown)
        }
        let isExpected =
            doubt.isSubset(of: streams[direction.index].excused)
            && offset.map { $0 <= Int64(streams[direction.index].acknowledgedOffset) } ?? true
        if segment.flags.subtracting([.psh, .fin]) == .ack, let start = segment.networkHeader(in: bytes),
            headers[direction.index].isUnsuspicious(&segment, start, in: bytes)
        {
            if isExpected { headers[direction.index].follow(&segment, in: bytes) }
        } else {
            let usesTimestamps = !headers[0].refusesTimestamps && !headers[1].refusesTimestamps
            doubt.formUnion(
                headers[direction.index].examine(
                    &segment, in: bytes, excused: streams[direction.index].excused, isExpected: isExpected,
                    usesTimestamps: usesTimestamps))
        }
        // A capture on both sides of a router shows the answer twice, last on the side where the SYN came first. A copy
        // that comes after the answer was acknowledged shows nothing.
        if segment.flags.isSuperset(of: [.syn, .ack]), handshakeAck == nil, doubt.isSubset(of: .linkAddress),
            let start = segment.networkHeader(in: bytes)
        {
            headers[other.index].settle(byAnswer: start, in: bytes, segment.options(in: bytes))
        }
        if segment.payloadLength == 0, segment.flags == .ack, direction == .fromInitiator,
            headers[direction.index].hasSeveralAnswers, handshakeAck == nil, doubt.isSubset(of: .linkAddress),
            let synAck, segment.acknowledgment == synAck.sequence &+ 1, let start = segment.networkHeader(in: bytes)
        {
            headers[direction.index].settle(byLastOfHandshake: start, in: bytes)
            doubt = []
        }
        if segment.flags.isDisjoint(with: [.syn, .rst]) {
            doubt.formUnion(windowDoubt(of: segment, at: offset, direction))
            doubt.subtract(streams[direction.index].excused)
        }
        // There is no other end to acknowledge bytes that wait.
        if !doubt.isEmpty, !isHeard(other) { doubt = [] }
        if segment.payloadLength > 0, !segment.flags.contains(.rst) {
            if segment.flags.contains(.syn) {
                doubt.insert(.atStart)
            } else if synAck == nil, mayPrecedeStart(direction, offset) {
                doubt.insert(.atStart)
                streams[direction.index].assumeStart(at: segment.sequence)
            }
        }
        pendingDoubt = doubt
        pendingIdentification = segment.identification(in: bytes)
        pendingUrgentPointer = segment.flags.contains(.urg) ? segment.urgentPointer(in: bytes) : nil
    }
}
