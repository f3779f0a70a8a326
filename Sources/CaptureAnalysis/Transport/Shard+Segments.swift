import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What single segments show of a session besides their bytes: deliveries, and segments held back.
extension Shard {
    /// Examines a segment before its bytes are delivered.
    mutating func watch(
        _ segment: inout TCPSegment, _ place: ConnectionTable.Place, _ arrival: TCPConnection.Arrival,
        _ session: Slot<Session>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        if followsDeliveries, arrival.hasMore || arrival.inOrder.count != segment.payloadLength {
            recordOddities(segment, place, arrival, session, &workspace)
            readers.sessions[session].recount(&workspace)
        }
        let sender = readers.role(of: place.direction, in: session)
        if readers.sessions[session].awaitsStall(of: sender.peer) {
            let acknowledged = table.connections[place.slot].acknowledgedOffset(of: place.direction.opposite)
            let isPlain = segment.flags == .ack && segment.payloadLength == 0 && segment.window > 0
            readers.sessions[session].acknowledge(sender.peer, to: acknowledged, isPlain: isPlain, at: workspace.time)
        }
        guard segment.payloadLength > 0, readers.sessions[session].awaitsStall(of: sender) else { return }
        let isNext = arrival.inOrder == 0..<segment.payloadLength
        let slack = connectTime(place.slot) &+ StallWatch.reaction
        let stall = readers.sessions[session].endStall(
            of: sender, next: isNext ? segment.payloadLength : nil, at: workspace.time, slack: slack)
        guard let stall else { return }
        let next = table.connections[place.slot].nextOffset(of: place.direction)
        readers.sessions[session].report(
            stall, from: sender, streamOffset: next &- UInt64(stall.length), view: view(place, segment, session),
            &workspace, &sink)
    }

    /// Follows up on bytes that a segment of `role` brought to a session; `length` includes copies of older bytes.
    @inline(__always)
    mutating func followDelivery(
        _ length: Int, _ place: ConnectionTable.Place, from role: Role, _ session: Slot<Session>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        if readers.sessions[session].watchesSegments { settle(place.slot, session, &workspace, &sink) }
        if length < StallWatch.smallSegment, readers.sessions[session].isInFrame(of: role) {
            watchForStall(place, length, role, session, at: workspace.time)
        }
    }

    /// Waits for the next segment of an end after a small one that ended inside a frame.
    private mutating func watchForStall(
        _ place: ConnectionTable.Place, _ length: Int, _ role: Role, _ session: Slot<Session>, at time: Timestamp
    ) {
        // In a layer, frames show nothing about where segments end.
        guard !readers.sessions[session].isCarried else { return }
        let end = table.connections[place.slot].nextOffset(of: place.direction)
        let acknowledged = table.connections[place.slot].acknowledgedOffset(of: place.direction)
        guard acknowledged >= end &- UInt64(length), acknowledged < end else { return }
        readers.sessions[session].beginStallWatch(role, end: end, at: time)
    }

    /// Starts to follow the messages of a session that was just opened.
    mutating func beginDeliveries(_ slot: Slot<TCPConnection>, _ session: Slot<Session>) {
        guard followsDeliveries else { return }
        for direction in Direction.allCases {
            let repeats = table.connections[slot].totals(of: direction).retransmittedSegments
            readers.sessions[session].beginDeliveries(of: direction, repeats: repeats)
        }
    }

    /// Reports messages that are now acknowledged, and keeps watching only while there is anything to watch for.
    mutating func settle(
        _ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var hasMore = false
        let client = readers.sessions[session].clientDirection
        if let role = readers.sessions[session].closeWithoutReceipt(in: workspace.packet) {
            let received = table.connections[slot].acknowledgedOffset(of: role.peer.direction(client: client))
            readers.sessions[session].record(received: received, by: role)
        }
        for role in Role.allCases {
            if followsDeliveries {
                let acknowledged = table.connections[slot].acknowledgedOffset(of: role.direction(client: client))
                let mustLookAgain = readers.sessions[session].settle(
                    role, acknowledged: acknowledged, &workspace, &sink)
                hasMore = hasMore || mustLookAgain
            }
            hasMore = hasMore || readers.sessions[session].awaitsStall(of: role)
        }
        readers.sessions[session].watchesSegments = hasMore
    }

    /// Nanoseconds that the three-way handshake took: a round trip of the path; 0 if the capture lacks it.
    private func connectTime(_ slot: Slot<TCPConnection>) -> Int64 {
        guard let syn = table.connections[slot].syn, let ack = table.connections[slot].handshakeAck else { return 0 }
        return max(0, ack.time.nanoseconds(since: syn.time))
    }

    /// Records a segment that was not next in its stream, and an acknowledgment of bytes that still wait.
    private mutating func recordOddities(
        _ segment: borrowing TCPSegment, _ place: ConnectionTable.Place, _ arrival: TCPConnection.Arrival,
        _ session: Slot<Session>, _ workspace: inout Workspace
    ) {
        let sender = readers.role(of: place.direction, in: session)
        let reverse = place.direction.opposite
        let acknowledged = table.connections[place.slot].acknowledgedOffset(of: reverse)
        let next = table.connections[place.slot].nextOffset(of: reverse)
        if segment.flags.contains(.ack), acknowledged > next {
            readers.sessions[session].recordEarly(sender.peer, acknowledged: acknowledged, workspace.origin, next: next)
        }
        guard segment.payloadLength > 0, arrival.inOrder.count != segment.payloadLength else { return }
        let count = table.connections[place.slot].totals(of: place.direction).retransmittedSegments
        let isWholeRepeat = readers.sessions[session].takeRepeat(of: sender, count: count)
        guard let start = table.connections[place.slot][place.direction].offset(of: segment.sequence) else { return }
        // Messages acknowledged earlier are no longer of interest.
        if workspace.options.demand.deliveries != .all {
            let acknowledged = table.connections[place.slot].acknowledgedOffset(of: place.direction)
            readers.sessions[session].removeQuiet(sender, upTo: acknowledged)
        }
        // In a segment with old and new bytes, the old ones are retransmitted.
        let old = arrival.inOrder.isEmpty ? segment.payloadLength : arrival.inOrder.lowerBound
        guard old > 0 else { return }
        readers.sessions[session].record(
            start..<(start &+ UInt64(old)), from: Provenance(role: sender, origin: workspace.origin),
            isRepeat: isWholeRepeat || !arrival.inOrder.isEmpty)
    }
}
