package import PacketDecoding
package import WireFormat

extension TCPConnection {
    /// The effect of a segment.
    package struct Arrival: Sendable {
        /// The part of its payload that is next in order.
        package var inOrder: Range<Int>
        /// Whether a stream may have more to deliver.
        package var hasMore: Bool
        /// Whether an end has changed its state, or the segment is a SYN, FIN or RST other than a second copy of a FIN.
        package var isControl: Bool
        /// Whether the segment ended the connection.
        package var closes: Bool
        /// Whether it was counted as conflicting or out of window, reveals that another was inserted (``TCPStream``),
        /// ended a ``WindowStall``, or is the first of its direction to acknowledge too far ahead.
        package var isDoubtful = false
    }

    /// Takes a segment in its receiver's order (RFC 9293 3.10.7): whether it is acceptable, what it acknowledges, its
    /// bytes, its FIN or RST.
    ///
    /// - Parameters:
    ///   - segment: The segment, of this connection; not changed (see ``ConnectionTable``).
    ///   - direction: Who sent it.
    ///   - origin: Its packet.
    ///   - payload: The captured bytes of its payload.
    ///   - budget: Bytes that all connections together may still hold.
    ///   - limits: The bounds.
    ///   - resetEndsAll: Whether nothing that follows a RST is of interest.
    /// - Returns: Its effect.
    package mutating func receive(
        _ segment: inout TCPSegment, from direction: Direction, at origin: Origin, payload: Span<UInt8>,
        budget: inout Int, limits: ReassemblyLimits, resetEndsAll: Bool = true
    ) -> Arrival {
        let other = direction.opposite
        let flags = segment.flags
        let silence = origin.time.nanoseconds(since: lastTime)
        lastTime = origin.time
        if hasSuccession { succession?.latest = origin }
        packets &+= 1
        if slowPathReasons.contains(.unanswered), !hasSureReset { endUnanswered(of: other) }
        if !flags.contains(.syn) || direction == .fromResponder { isOnlySYN = false }
        let (doubt, urgentPointer) = takePending()
        let isDoubtful = !doubt.isEmpty
        var arrival = Arrival(inOrder: 0..<0, hasMore: false, isControl: false, closes: false)
        guard !isClosed, !flags.contains(.rst) || !isFinished else { return arrival }
        arrival.isControl = flags.rawValue & TCPFlags([.syn, .fin, .rst]).rawValue != 0
        // Not compared with nil, which would copy the whole value.
        if case .some = challenger, flags.intersection([.ack, .rst]) == .ack {
            restoreOpening(at: segment.acknowledgment, other, budget: &budget)
        }
        let isOpening = slowPathReasons.contains(.opening)
        if arrival.isControl || isOpening {
            guard isAccepted(segment, from: direction) else {
                recordRival(segment, from: direction, at: origin)
                // The SYN of this connection may have been captured late.
                guard !flags.contains(.syn) || !mayBegin(after: segment.sequence, direction) else { return arrival }
                streams[direction.index].countOutOfWindow()
                arrival.isDoubtful = streams[direction.index].takeDoubt()
                return arrival
            }
            open(segment, direction, at: origin, budget: &budget)
        }
        if slowPathReasons.contains(.doubtfulReset), !isDoubtful { withdrawReset(segment, direction, &arrival) }
        if streams[other.index].knownStart == nil { assumeStart(segment, from: direction, budget: &budget) }
        streams[other.index].isHeard = true
        takeAcknowledgment(of: segment, from: direction, doubt, &arrival)
        var context = SegmentContext(
            origin: origin, doubt: doubt, identification: pendingIdentification,
            acknowledgment: flags.contains(.ack) ? segment.acknowledgment : 0, silence: silence)
        // RFC 9293 3.4: a SYN takes the sequence number before the first byte's.
        let sequence = flags.contains(.syn) && !flags.contains(.rst) ? segment.sequence &+ 1 : segment.sequence
        if direction == .fromResponder { confirmStart(by: sequence) }
        if let urgentPointer, doubt.isEmpty, flags.isDisjoint(with: [.syn, .rst]) {
            streams[direction.index].markUrgent(urgentPointer, after: sequence, length: segment.payloadLength)
        }
        takeBytes(of: &segment, payload, at: sequence, direction, &context, &arrival, budget: &budget, limits)
        let isFin = flags.intersection([.fin, .rst]) == .fin
        let isCopy = isFin && takeFin(of: &segment, at: sequence, direction, context)
        if arrival.inOrder.count != segment.payloadLength || arrival.isControl {
            arrival.isDoubtful = streams[direction.index].takeDoubt() || arrival.isDoubtful
            if streams[direction.index].takeRepeat() { countUnanswered(direction, origin.time) }
        }
        if flags.contains(.rst) {
            take(reset: sequence, direction, at: origin, doubt, endsAll: resetEndsAll)
        } else if arrival.isControl || slowPathReasons.contains(.finished) {
            closeIfFinished()
        }
        if slowPathReasons.contains(.doubtfulReset) {
            followReset(segment, direction, origin, &arrival)
        }
        if arrival.isControl || isOpening || packets <= 4 {
            states = [currentState(of: .fromInitiator), currentState(of: .fromResponder)]
            slowPathReasons.set(.young, to: packets < 4)
        }
        arrival.closes = isClosed
        for index in 0..<2 where !streams[index].isIdle {
            streams[index].age(packets: packets, time: origin.time, limits: limits)
            arrival.hasMore = true
        }
        if segment.window == 0 || closedWindows != nil {
            recordWindow(segment, direction, at: origin, &arrival)
        }
        if isCopy { arrival.isControl = false }
        return arrival
    }

    /// Takes the bytes of a segment that begin at `sequence`, or counts the segment as a probe.
    private mutating func takeBytes(
        of segment: inout TCPSegment, _ payload: Span<UInt8>, at sequence: UInt32, _ direction: Direction,
        _ context: inout SegmentContext, _ arrival: inout Arrival, budget: inout Int, _ limits: ReassemblyLimits
    ) {
        // RFC 9293 3.10.7: the text of a reset is a diagnostic, not data.
        guard segment.payloadLength > 0, !segment.flags.contains(.rst) else {
            if !arrival.isControl, streams[direction.index].isProbe(sequence) {
                countUnanswered(direction, context.origin.time)
            }
            return
        }
        restoreOpening(at: sequence, direction, budget: &budget)
        if refuteOpening(by: sequence, length: segment.payloadLength, direction, context.doubt) {
            context.doubt.insert(.atStart)
        }
        arrival.inOrder = streams[direction.index].receive(
            payload, sequence: sequence, length: segment.payloadLength, context, budget: &budget, limits: limits)
        if finPackets[direction.index] != nil, streams[direction.index].finOffset == nil {
            recordFin(of: direction)
            arrival.isControl = true
        }
        if streams[direction.index].hasDoubtfulBytes {
            streams[direction.index].waitForAcknowledgment(isHeard: isHeard(direction.opposite))
        }
    }

    /// Takes the acknowledgment of a segment, unless its receiver may have ignored it.
    private mutating func takeAcknowledgment(
        of segment: borrowing TCPSegment, from direction: Direction, _ doubt: SegmentDoubt, _ arrival: inout Arrival
    ) {
        let other = direction.opposite
        // A segment that may be forged does not confirm bytes that may not have arrived.
        let confirms = !doubt.contains(.hopLimit) || !streams[other.index].hasDoubtfulBytes
        if segment.flags.contains(.ack), confirms,
            doubt.isDisjoint(with: SegmentDoubt.certain.union(.unsentAcknowledgment)),
            streams[other.index].acknowledge(
                segment.acknowledgment, window: arrival.isControl ? 0 : segment.window, isDoubtful: !doubt.isEmpty)
        {
            arrival.isControl = true
            recordFin(of: other)
        }
        if streams[other.index].hasDoubt { arrival.isDoubtful = streams[other.index].takeDoubt() }
    }

    /// Closes the connection if both FINs are acknowledged, once it waits for no late bytes.
    private mutating func closeIfFinished() {
        let isOver = areFinsAcknowledged
        guard slowPathReasons.contains(.finished) else { return slowPathReasons.set(.closed, to: isOver) }
        slowPathReasons.set(.closed, to: isOver && !lacksBytesBeforeFins)
        if !isOver { goOnAfterFins() }
    }

    /// Whether both FINs are acknowledged and were certainly received.
    private var areFinsAcknowledged: Bool {
        mutating get { isFinReceived(.fromInitiator) && isFinReceived(.fromResponder) }
    }

    /// Whether a FIN is acknowledged and was certainly received.
    private mutating func isFinReceived(_ direction: Direction) -> Bool {
        guard streams[direction.index].isFinAcknowledged else { return false }
        let doubt = streams[direction.index].finDoubt
        guard doubt == .unsentAcknowledgment, let end = streams[direction.opposite.index].finOffset,
            let received = received(atFinOf: direction)
        else { return doubt.isEmpty }
        // The other end's FIN shows that the bytes acknowledged here were sent, captured or not.
        return received <= end &+ 1
    }

    /// Takes the FIN of a segment, unless its receiver certainly ignores the segment.
    ///
    /// - Parameters:
    ///   - segment: The segment; not changed.
    ///   - sequence: The sequence number of its first byte.
    ///   - direction: Who sent it.
    ///   - context: What else is known of it.
    /// - Returns: Whether the packet is a second copy of the one with the stream's FIN.
    private mutating func takeFin(
        of segment: inout TCPSegment, at sequence: UInt32, _ direction: Direction, _ context: SegmentContext
    ) -> Bool {
        let end = sequence &+ UInt32(truncatingIfNeeded: segment.payloadLength)
        if context.doubt.isEmpty, streams[direction.index].replacesFin(at: end) {
            streams[direction.index].withdrawFin()
            streams[direction.index].countOutOfWindow()
            recordFin(of: direction)
        }
        guard context.doubt.isDisjoint(with: .certain), streams[direction.index].finish(at: end, context.doubt),
            finPackets[direction.index] == nil
        else {
            return streams[direction.index].isDuplicateFin(
                sequence, segment.payloadLength, context.identification, silence: context.silence)
        }
        finPackets[direction.index] = context.origin.packet
        latestFinTime = context.origin.time
        finAcknowledgments[direction.index] = context.acknowledgment
        if segment.flags.contains(.ack) { streams[direction.opposite.index].assumeStart(at: segment.acknowledgment) }
        if firstEndTime == nil { firstEndTime = context.origin.time }
        streams[direction.index].rememberFin(sequence, segment.payloadLength, context.identification)
        return false
    }

    /// Takes a segment of a connection whose bytes are not read: only FIN and RST matter.
    package mutating func pass(_ flags: TCPFlags, from direction: Direction, at origin: Origin) {
        lastTime = origin.time
        if flags.contains(.fin), finPackets[direction.index] == nil {
            finPackets[direction.index] = origin.packet
            firstEndTime = firstEndTime ?? origin.time
        }
        if flags.contains(.rst), reset == nil, !isClosed {
            reset = (origin.packet, direction)
            firstEndTime = firstEndTime ?? origin.time
        }
        if flags.contains(.rst) || finPackets[0] != nil && finPackets[1] != nil { slowPathReasons.insert(.closed) }
    }

    /// Takes what the headers of the current segment have shown.
    private mutating func takePending() -> (SegmentDoubt, urgentPointer: UInt16?) {
        var doubt = pendingDoubt
        if slowPathReasons.remove(.doubtfulSegment) != nil { doubt.insert(.hopLimit) }
        pendingDoubt = []
        defer { pendingUrgentPointer = nil }
        return (doubt, pendingUrgentPointer)
    }

    /// Updates the FIN of a stream after an acknowledgment.
    mutating func recordFin(of direction: Direction) {
        if streams[direction.index].finOffset == nil {
            let packet = finPackets[direction.index]
            finPackets[direction.index] = nil
            guard let other = finPackets[direction.opposite.index] else { return firstEndTime = nil }
            if let packet, packet < other, reset == nil { firstEndTime = latestFinTime }
        } else if streams[direction.opposite.index].finOffset == nil {
            hadReceivedFin[direction.opposite.index] = true
        }
    }
}
