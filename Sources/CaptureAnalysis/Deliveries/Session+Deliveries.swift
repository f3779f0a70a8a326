import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How messages of a session fare until the other end's TCP has them.
extension Session {
    /// Follows a message whose last byte came in packet `origin`.
    mutating func follow(
        _ message: Message, from role: Role, origin: UInt64, _ context: EventContext, _ state: inout AnalysisState,
        _ resources: inout StreamResources, _ sink: inout some EventSink & ~Copyable
    ) {
        guard message.isComplete else { return }
        let time = origin == context.packet ? context.time : streams[role.index].deliveries.time(ofPacket: origin)
        // Of bytes that waited in a search nothing is known but that they came.
        guard time != nil || state.options.deliveries == .all else { return }
        if streams[role.index].deliveries.count >= state.options.limits.outstandingMessages
            || resources.keepable < DeliveryLedger.cost
        {
            tellLimit(role, context, &state, &sink)
            guard streams[role.index].deliveries.popFirst() != nil else { return }
            resources.keepable &+= DeliveryLedger.cost
        }
        resources.keepable &-= DeliveryLedger.cost
        let end = streams[role.index].decoder.streamOffset
        streams[role.index].deliveries.follow(
            message.streamOffset..<end, messagePacket: context.packet, lastBytePacket: origin,
            time: time)
        watchesSegments = true
    }

    /// Tells of the messages that were acknowledged up to this offset of their stream.
    mutating func settle(
        _ role: Role, acknowledged: UInt64, view: ConnectionView, state: inout AnalysisState,
        resources: inout StreamResources, sink: inout some EventSink & ~Copyable
    ) {
        guard streams[role.index].deliveries.hasAcknowledged(acknowledged) else { return }
        let context = state.context(connection: number, view: view)
        while streams[role.index].deliveries.hasAcknowledged(acknowledged),
            let message = streams[role.index].deliveries.popFirst()
        {
            resources.keepable &+= DeliveryLedger.cost
            let early = streams[role.index].deliveries.earlyAcknowledgment(of: message.bytes.upperBound)
            guard state.options.deliveries == .all || message.retransmissions > 0 else { continue }
            // Behind bytes that waited, the acknowledgment may have passed before anybody looked for it.
            let isLate = message.messagePacket == context.packet && message.lastBytePacket != context.packet
            let acknowledgment = early ?? (isLate ? nil : (context.packet, context.time))
            var delivery = Delivery(
                from: role, messagePacket: message.messagePacket, lastBytePacket: message.lastBytePacket,
                outcome: .acknowledged, acknowledgedPacket: acknowledgment?.packet, acknowledgedAfter: nil,
                retransmissions: message.retransmissions)
            if let acknowledgment, let sent = message.lastByteTime {
                delivery.acknowledgedAfter = acknowledgment.time.nanoseconds(since: sent)
            }
            sink.receive(.delivery(delivery), at: context, payload: Span())
        }
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
            let direction = role == .client ? clientDirection : clientDirection.opposite
            let isTold = state.options.deliveries == .all || tcp.acknowledgedOffsets[direction.index] > 0
            while let message = streams[role.index].deliveries.popFirst() {
                resources.keepable &+= DeliveryLedger.cost
                guard isTold else { continue }
                let delivery = Delivery(
                    from: role, messagePacket: message.messagePacket, lastBytePacket: message.lastBytePacket,
                    outcome: outcome, acknowledgedPacket: nil, acknowledgedAfter: nil,
                    retransmissions: message.retransmissions)
                sink.receive(.delivery(delivery), at: context, payload: Span())
            }
        }
    }

    private mutating func tellLimit(
        _ role: Role, _ context: EventContext, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard !streams[role.index].deliveries.hasToldLimit else { return }
        streams[role.index].deliveries.hasToldLimit = true
        let finding = Finding(
            rule: "limit.deliveries", severity: .note, reference: "wstap limits",
            text: "Too many messages wait for their acknowledgment; of the oldest it is not told.", from: role,
            streamOffset: nil)
        state.report(finding, at: context, into: &sink)
    }
}
