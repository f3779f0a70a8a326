import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How messages of a session fare until the other end's TCP has them.
extension Session {
    /// Follows a message whose last byte came in packet `origin`.
    ///
    /// Its acknowledgment is looked for at once where that is to be told; else when there is no room for another.
    mutating func follow(
        _ message: Message, from role: Role, origin: UInt64, _ context: EventContext, _ state: inout AnalysisState,
        _ resources: inout StreamResources, _ sink: inout some EventSink & ~Copyable
    ) {
        guard message.isComplete else { return }
        let tellsAll = state.options.demand.deliveries == .all
        var time: Timestamp? = context.time
        if origin != context.packet {
            time = streams[role.index].deliveries.time(ofPacket: origin)
            // Of bytes that waited in a search nothing is known but that they came.
            guard time != nil || tellsAll else { return }
        }
        if !tellsAll { streams[role.index].deliveries.messages.removeAllQuiet(upTo: state.acknowledgedOffset) }
        if streams[role.index].deliveries.messages.isFull {
            if !tellsAll { streams[role.index].deliveries.messages.removeQuiet(upTo: state.acknowledgedOffset) }
            if streams[role.index].deliveries.messages.isFull { makeRoom(role, context, &state, &resources, &sink) }
        }
        guard !streams[role.index].deliveries.messages.isFull else { return }
        let end = streams[role.index].decoder.streamOffset
        let repeats = streams[role.index].deliveries.repeats(of: message.streamOffset..<end)
        streams[role.index].deliveries.messages.append(
            OutstandingMessages.Message(
                start: message.streamOffset, end: end, messagePacket: context.packet, lastBytePacket: origin,
                lastByteTime: time, retransmissions: repeats))
        if tellsAll || repeats > 0 || streams[role.index].deliveries.messages.isFull { watchesSegments = true }
    }

    /// Makes room for one more message, at the cost of the oldest where the bounds are reached.
    private mutating func makeRoom(
        _ role: Role, _ context: EventContext, _ state: inout AnalysisState, _ resources: inout StreamResources,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let capacity = streams[role.index].deliveries.messages.capacity
        let growth = streams[role.index].deliveries.messages.growth
        if capacity < state.options.limits.outstandingMessages, resources.keepable >= growth {
            resources.keepable &-= growth
            streams[role.index].deliveries.messages.grow()
        } else {
            tellLimit(role, context, &state, &sink)
            _ = streams[role.index].deliveries.messages.popFirst()
        }
    }

    /// Looks which messages are acknowledged, up to this offset of their stream, and tells of them.
    ///
    /// - Returns: Whether it must be looked again at the next packet.
    mutating func settle(
        _ role: Role, acknowledged: UInt64, state: inout AnalysisState,
        sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let tellsAll = state.options.demand.deliveries == .all
        if !tellsAll { streams[role.index].deliveries.messages.removeQuiet(upTo: acknowledged) }
        while let first = streams[role.index].deliveries.messages.first, first.end <= acknowledged {
            _ = streams[role.index].deliveries.messages.popFirst()
            if tellsAll || first.retransmissions > 0 {
                tell(first, from: role, state.context(connection: number), &sink)
            }
        }
        guard streams[role.index].deliveries.messages.count > 0 else { return false }
        return tellsAll || streams[role.index].deliveries.messages.repeatedCount > 0
            || streams[role.index].deliveries.messages.isFull
    }

    /// Tells of a message that is acknowledged.
    private mutating func tell(
        _ message: OutstandingMessages.Message, from role: Role, _ context: EventContext,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var delivery = Delivery(
            from: role, messagePacket: message.messagePacket, lastBytePacket: message.lastBytePacket,
            outcome: .acknowledged, acknowledgedPacket: nil, acknowledgedAfter: nil,
            retransmissions: UInt64(message.retransmissions))
        // Behind bytes that waited, the acknowledgment may have passed before anybody looked for it.
        let isLate = message.messagePacket == context.packet && message.lastBytePacket != context.packet
        let early = streams[role.index].deliveries.earlyAcknowledgment(of: message.end)
        if early != nil || !isLate {
            delivery.acknowledgedPacket = early?.packet ?? context.packet
            let time = early?.time ?? context.time
            delivery.acknowledgedAfter = message.lastByteTime.map { time.nanoseconds(since: $0) }
        }
        sink.receive(.delivery(delivery), at: context, payload: Span())
    }

    /// Tells of the messages that were not acknowledged, since nothing more will come.
    ///
    /// Where no acknowledgment of a stream was captured at all, that says nothing: those are told of where asked for.
    mutating func settleRest(
        _ tcp: TCPOutcome, cause: EndCause, _ context: EventContext, _ state: inout AnalysisState,
        _ resources: inout StreamResources, _ sink: inout some EventSink & ~Copyable
    ) {
        let outcome: Delivery.Outcome =
            switch cause {
            case .closed: tcp.reset == nil ? .closed : .reset
            case .captureEnd: .captureEnd
            }
        for role in Role.allCases {
            if streams[role.index].deliveries.hasForgotten {
                report(
                    "Too many segments were out of order or sent again: of the oldest, deliveries do not tell.",
                    role, context, &state, &sink)
            }
            let direction = role.direction(client: clientDirection)
            let isTold = state.options.demand.deliveries == .all || tcp.acknowledged[direction.index] > 0
            resources.keepable &+= streams[role.index].deliveries.messages.cost
            while let message = streams[role.index].deliveries.messages.popFirst() {
                guard isTold else { continue }
                let delivery = Delivery(
                    from: role, messagePacket: message.messagePacket, lastBytePacket: message.lastBytePacket,
                    outcome: outcome, acknowledgedPacket: nil, acknowledgedAfter: nil,
                    retransmissions: UInt64(message.retransmissions))
                sink.receive(.delivery(delivery), at: context, payload: Span())
            }
        }
    }

    private mutating func tellLimit(
        _ role: Role, _ context: EventContext, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard !streams[role.index].deliveries.hasToldLimit else { return }
        streams[role.index].deliveries.hasToldLimit = true
        report(
            "Too many messages wait for their acknowledgment; of the oldest it is not told.", role, context, &state,
            &sink)
    }

    private func report(
        _ text: String, _ role: Role, _ context: EventContext, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let finding = Finding(
            rule: "limit.deliveries", severity: .note, reference: "wstap limits", text: text, from: role,
            streamOffset: nil)
        state.report(finding, at: context, into: &sink)
    }
}
