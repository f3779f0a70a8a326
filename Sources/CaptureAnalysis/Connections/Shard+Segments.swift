import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What single segments tell of a session beside their bytes: deliveries, and segments held back.
extension Shard {
    /// Looks at a segment before its bytes are handed on.
    mutating func watch(
        _ segment: inout TCPSegment, _ place: ConnectionTable.Place, _ arrival: TCPConnection.Arrival,
        _ session: Slot<Session>, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        if followsDeliveries, arrival.hasMore || arrival.inOrder.count != segment.payloadLength {
            noteOddities(segment, place, arrival, session, state)
        }
        let sender = role(of: place)
        if sessions[session].streams[sender.peer.index].stalls.isArmed {
            let acknowledged = table.connections[place.slot].acknowledgedOffset(of: place.direction.opposite)
            let isPlain = segment.flags == .ack && segment.payloadLength == 0 && segment.window > 0
            sessions[session].streams[sender.peer.index].stalls.note(
                acknowledgment: acknowledged, isPlain: isPlain, at: state.time)
        }
        guard segment.payloadLength > 0, sessions[session].streams[sender.index].stalls.isArmed else { return }
        let isNext = arrival.inOrder == 0..<segment.payloadLength
        let slack = connectTime(place.slot) &+ StallWatch.reaction
        let stall = sessions[session].streams[sender.index].stalls.note(
            next: isNext ? segment.payloadLength : nil, at: state.time, slack: slack)
        guard let stall else { return }
        let next = table.connections[place.slot][place.direction].nextOffset
        sessions[session].tell(
            stall, from: sender, streamOffset: next &- UInt64(stall.length), view: view(place, segment, session),
            state: &state, sink: &sink)
    }

    /// Looks after a session to which a segment has brought bytes, `length` with its copies of older ones.
    @inline(__always)
    mutating func noteDelivered(
        _ length: Int, _ place: ConnectionTable.Place, _ session: Slot<Session>, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) {
        if sessions[session].watchesSegments { settle(place.slot, session, &state, &sink) }
        if length < StallWatch.smallSegment, sessions[session].streams[role(of: place).index].decoder.isInFrame {
            watchForStall(place, length, session, at: state.time)
        }
    }

    /// Waits for the next segment of an end whose small one ended inside of a frame.
    mutating func watchForStall(_ place: ConnectionTable.Place, _ length: Int, _ session: Slot<Session>, at time: Timestamp) {
        let end = table.connections[place.slot][place.direction].nextOffset
        let acknowledged = table.connections[place.slot].acknowledgedOffset(of: place.direction)
        guard acknowledged >= end &- UInt64(length), acknowledged < end else { return }
        sessions[session].beginStallWatch(role(of: place), end: end, at: time)
    }

    /// Begins to follow the messages of a session that was just opened.
    mutating func beginDeliveries(_ slot: Slot<TCPConnection>) {
        guard followsDeliveries, case .session(let session) = readers[slot.index] else { return }
        for direction in Direction.allCases {
            let repeats = table.connections[slot][direction].retransmittedSegments
            let role = role(of: ConnectionTable.Place(slot: slot, direction: direction))
            sessions[session].streams[role.index].deliveries = DeliveryLedger(repeats: repeats)
        }
    }

    /// Tells of messages that are acknowledged by now, and watches on only as long as something is left to watch for.
    mutating func settle(
        _ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        var hasMore = false
        let client = sessions[session].clientDirection
        for role in Role.allCases {
            if followsDeliveries {
                let direction = role.direction(client: client)
                let acknowledged = table.connections[slot].acknowledgedOffset(of: direction)
                let mustLookAgain = sessions[session].settle(
                    role, acknowledged: acknowledged, state: &state, sink: &sink)
                hasMore = hasMore || mustLookAgain
            }
            hasMore = hasMore || sessions[session].streams[role.index].stalls.isArmed
        }
        sessions[session].watchesSegments = hasMore
    }

    /// Nanoseconds that the three-way handshake took, or 0 where the capture lacks it: a round trip on the way.
    private func connectTime(_ slot: Slot<TCPConnection>) -> Int64 {
        guard let syn = table.connections[slot].syn, let ack = table.connections[slot].handshakeAck else { return 0 }
        return max(0, ack.time.nanoseconds(since: syn.time))
    }

    /// Notes a segment that was not the next of its stream, and an acknowledgment of bytes that still wait.
    private mutating func noteOddities(
        _ segment: TCPSegment, _ place: ConnectionTable.Place, _ arrival: TCPConnection.Arrival,
        _ session: Slot<Session>, _ state: borrowing AnalysisState
    ) {
        let sender = role(of: place)
        let reverse = place.direction.opposite
        let acknowledged = table.connections[place.slot].acknowledgedOffset(of: reverse)
        let next = table.connections[place.slot][reverse].nextOffset
        if segment.flags.contains(.ack), acknowledged > next {
            sessions[session].streams[sender.peer.index].deliveries.noteEarly(
                acknowledged, packet: state.packet, time: state.time, next: next)
        }
        guard segment.payloadLength > 0, arrival.inOrder.count != segment.payloadLength else { return }
        let count = table.connections[place.slot][place.direction].retransmittedSegments
        let isWholeRepeat = sessions[session].streams[sender.index].deliveries.takeRepeat(count)
        guard let start = table.connections[place.slot][place.direction].offset(of: segment.sequence) else { return }
        // What was acknowledged before is not of interest any more.
        if state.options.demand.deliveries != .all {
            let acknowledged = table.connections[place.slot].acknowledgedOffset(of: place.direction)
            sessions[session].streams[sender.index].deliveries.messages.removeQuiet(upTo: acknowledged)
        }
        // Of a segment with old and new bytes, the old ones are sent again.
        let old = arrival.inOrder.isEmpty ? segment.payloadLength : arrival.inOrder.lowerBound
        guard old > 0 else { return }
        let decoded = sessions[session].streams[sender.index].decoder.streamOffset
        let isInMessage = sessions[session].streams[sender.index].decoder.isInMessage
        sessions[session].streams[sender.index].deliveries.note(
            start..<(start &+ UInt64(old)), packet: state.packet, time: state.time,
            isRepeat: isWholeRepeat || !arrival.inOrder.isEmpty, decoded: decoded, isInMessage: isInMessage)
        sessions[session].watchesSegments =
            sessions[session].watchesSegments
            || sessions[session].streams[sender.index].deliveries.messages.repeatedCount > 0
    }
}
