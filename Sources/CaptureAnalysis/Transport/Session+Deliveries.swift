import WebSocketProtocol
import WireFormat

/// How a session's messages are followed until the other end's TCP has them.
extension Session {
    /// Starts to follow the messages of a stream.
    ///
    /// - Parameters:
    ///   - direction: The stream.
    ///   - repeats: The number of segments already retransmitted in it.
    mutating func beginDeliveries(of direction: Direction, repeats: UInt64) {
        streams[role(of: direction).index].deliveries = DeliveryLedger(repeats: repeats)
    }

    /// The TCP offset after everything that carries the bytes of an end decoded so far.
    @inline(__always)
    mutating func carriedEnd(of role: Role) -> UInt64 {
        let offset = streams[role.index].nextOffset
        return carriers?.end(before: offset, role) ?? offset
    }

    /// The TCP offset of the first byte that carries the byte at an offset.
    @inline(__always)
    private mutating func carriedStart(of offset: UInt64, from role: Role) -> UInt64 {
        carriers?.start(of: offset, role) ?? offset
    }

    /// Whether the count of segments without new bytes has grown since the last call.
    mutating func takeRepeat(of role: Role, count: UInt64) -> Bool {
        streams[role.index].deliveries.takeRepeat(count)
    }

    /// Forgets acknowledged messages that were sent only once.
    mutating func removeQuiet(_ role: Role, upTo acknowledged: UInt64) {
        streams[role.index].deliveries.removeQuiet(upTo: acknowledged)
    }

    /// Records an acknowledgment of bytes that are not delivered yet.
    mutating func recordEarly(_ role: Role, acknowledged: UInt64, _ origin: Origin, next: UInt64) {
        streams[role.index].deliveries.recordEarly(acknowledged, origin, next: next)
    }

    /// Records a segment that was not next in its stream.
    ///
    /// - Parameters:
    ///   - bytes: Its range in the TCP stream.
    ///   - source: Where it comes from.
    ///   - isRepeat: Whether its bytes were sent before.
    mutating func record(_ bytes: Range<UInt64>, from source: Provenance, isRepeat: Bool) {
        let decoded = carriedEnd(of: source.role)
        let isInMessage = streams[source.index].decoder.isInMessage
        streams[source.index].deliveries.record(
            bytes, source.origin, isRepeat: isRepeat, decoded: decoded, isInMessage: isInMessage)
        watchesSegments = watchesSegments || streams[source.index].deliveries.hasRepeated
    }

    /// Follows a message until the other end's TCP has acknowledged it.
    ///
    /// If the acknowledgment is to be reported, it is looked for at once; otherwise only when there is no room for
    /// another message.
    ///
    /// - Parameters:
    ///   - message: The message, which has just ended.
    ///   - source: Where its last byte comes from.
    ///   - context: The context in which the message was reported.
    ///   - workspace: What readers share.
    ///   - sink: The receiver of the events.
    mutating func follow(
        _ message: Message, from source: Provenance, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard message.isComplete else { return }
        let reportsAll = workspace.options.demand.deliveries == .all
        var time: Timestamp? = context.time
        if source.origin.packet != context.packet {
            time = streams[source.index].deliveries.time(ofPacket: source.origin.packet)
            // Of bytes that waited in a search, only their arrival is known.
            guard time != nil || reportsAll else { return }
        }
        let isAtLimit = streams[source.index].deliveries.makeRoom(
            acknowledged: source.acknowledged, keepsQuiet: reportsAll,
            limit: workspace.options.limits.outstandingMessages, &workspace.resources.keepable)
        if isAtLimit { reportLimit(source.role, context, &workspace, &sink) }
        guard streams[source.index].deliveries.hasRoom else { return }
        let end = carriedEnd(of: source.role)
        let start = carriedStart(of: message.streamOffset, from: source.role)
        let mustWatch = streams[source.index].deliveries.append(
            OutstandingMessages.Message(
                start: start, end: end, messagePacket: context.packet, lastBytePacket: source.origin.packet,
                lastByteTime: time, retransmissions: 0))
        if reportsAll || mustWatch { watchesSegments = true }
    }

    /// Reports the messages that are acknowledged up to this offset of their stream.
    ///
    /// - Returns: Whether to check again at the next packet.
    mutating func settle(
        _ role: Role, acknowledged: UInt64, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let reportsAll = workspace.options.demand.deliveries == .all
        if !reportsAll { streams[role.index].deliveries.removeQuiet(upTo: acknowledged) }
        while let message = streams[role.index].deliveries.popAcknowledged(upTo: acknowledged) {
            guard reportsAll || message.retransmissions > 0 else { continue }
            reportAcknowledged(message, from: role, workspace.context(id), &sink)
        }
        return streams[role.index].deliveries.mustWatch(all: reportsAll)
    }

    /// Reports an acknowledged message.
    private mutating func reportAcknowledged(
        _ message: OutstandingMessages.Message, from role: Role, _ context: EventContext,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var delivery = Delivery(
            from: role, messagePacket: message.messagePacket, lastBytePacket: message.lastBytePacket,
            outcome: .acknowledged, acknowledgedPacket: nil, acknowledgedAfter: nil,
            retransmissions: UInt64(message.retransmissions))
        // If bytes before it had to wait, its acknowledgment may have passed before anything looked for it.
        let isLate = message.messagePacket == context.packet && message.lastBytePacket != context.packet
        let early = streams[role.index].deliveries.earlyAcknowledgment(of: message.end)
        if early != nil || !isLate {
            delivery.acknowledgedPacket = early?.origin.packet ?? context.packet
            let time = early?.origin.time ?? context.time
            delivery.acknowledgedAfter = message.lastByteTime.map { time.nanoseconds(since: $0) }
        }
        sink.receive(.delivery(delivery), at: context, payload: Span())
    }

    /// Reports the messages that were not acknowledged, since nothing more will come.
    ///
    /// If no acknowledgment of a stream was captured at all, this shows nothing: then they are reported only if all
    /// deliveries are demanded.
    mutating func settleRest(
        _ tcp: TransportEnd, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let outcome: Delivery.Outcome =
            switch tcp.cause {
            case .closed: tcp.reset == nil ? .closed : .reset
            case .captureEnd: .captureEnd
            }
        for role in Role.allCases {
            if streams[role.index].deliveries.hasForgotten {
                workspace.report(Finding(Rule(.segmentLimit), from: role), at: context, into: &sink)
            }
            let direction = role.direction(client: clientDirection)
            let isReported = workspace.options.demand.deliveries == .all || tcp.acknowledged[direction.index] > 0
            streams[role.index].deliveries.release(&workspace.resources.keepable)
            while let message = streams[role.index].deliveries.popFirst() {
                guard isReported else { continue }
                let delivery = Delivery(
                    from: role, messagePacket: message.messagePacket, lastBytePacket: message.lastBytePacket,
                    outcome: outcome, acknowledgedPacket: nil, acknowledgedAfter: nil,
                    retransmissions: UInt64(message.retransmissions))
                sink.receive(.delivery(delivery), at: context, payload: Span())
            }
        }
    }

    /// Reports once for each end that messages were given up before their acknowledgment was seen.
    private mutating func reportLimit(
        _ role: Role, _ context: EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard streams[role.index].deliveries.takeLimitReport() else { return }
        workspace.report(Finding(Rule(.deliveryLimit), from: role), at: context, into: &sink)
    }
}
