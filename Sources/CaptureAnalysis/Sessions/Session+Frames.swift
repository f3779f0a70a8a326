import WebSocketProtocol
import WireFormat

/// How a session handles frames off the fast path, and the messages that they end.
extension Session {
    /// Counts a frame, acts on it, and reports it if the demand includes frames.
    mutating func handle(
        _ frame: Frame, _ payload: PayloadStatus, from source: Provenance, _ context: inout EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let opcode = frame.header.opcode
        countFrame(opcode, from: source.role, &workspace)
        guard workspace.options.demand.includesFrames || opcode.isControl else {
            recordBytes(from: source)
            return
        }
        var event = FrameEvent(
            from: source.role, frame: frame, firstPacket: frame.origin.packet, payload: payload, close: nil,
            answer: nil, fragment: 0, isInferred: streams[source.index].isInferred, origin: source.origin)
        if opcode.isControl {
            let hasTaken = handleControl(&event, &workspace)
            if hasTaken || streams[0].pings.hasGrown || streams[1].pings.hasGrown { recount(&workspace) }
        } else if !opcode.isReserved {
            if opcode != .continuation {
                streams[source.index].messageFirstPacket = event.firstPacket
                streams[source.index].fragment = 0
            }
            streams[source.index].fragment &+= 1
            event.fragment = streams[source.index].fragment
            if streams[source.index].decoder.isFrameOfMessage {
                event.messageIndex = streams[source.index].nextMessageIndex
            }
        }
        if opcode != .close { recordBytes(from: source) }
        if workspace.options.demand.includesFrames {
            states.show(in: &context.view)
            streams[source.index].report(event, at: context, into: &sink)
        }
        if opcode == .pong, event.answer == nil { judge(event, context, &workspace, &sink) }
    }

    /// Acts on a control frame.
    ///
    /// - Returns: Whether that took memory, not counting the ledgers of Pings.
    private mutating func handleControl(_ event: inout FrameEvent, _ workspace: inout Workspace) -> Bool {
        let (role, origin) = (event.from, event.origin)
        switch event.frame.header.opcode {
        case .ping where event.frame.missing == 0:
            let fingerprint = streams[role.index].payloadFingerprint
            let limit = workspace.options.limits.outstandingPings
            let end = carriedEnd(of: role)
            let roundTrip = streams[role.index].pings.sent(fingerprint, origin, endingAt: end, limit: limit)
            return roundTrip.map { record(roundTrip: $0, &workspace) } ?? false
        case .pong where event.frame.missing == 0:
            let fingerprint = streams[role.index].payloadFingerprint
            event.answer = streams[role.peer.index].pings.answered(fingerprint, origin)
            guard let roundTrip = event.answer?.roundTrip else { return false }
            if firstCloser == nil { activity.recordPong(at: origin.time) }
            return record(roundTrip: roundTrip, &workspace)
        case .close:
            let body = streams[role.index].closeBody(event.payload)
            event.close = body
            if streams[role.index].closeOrigin == nil {
                let carriedEnd = carriedEnd(of: role)
                record(
                    SentClose(
                        body: body, origin: origin, streamOffset: event.frame.streamOffset, carriedEnd: carriedEnd,
                        received: workspace.received(in: origin.packet)), from: role)
            }
            // WHATWG WebSockets: the closing handshake has started for both ends.
            states.advance(to: .closing, at: workspace.elapsed(origin.time))
            return true
        default: return false
        }
    }

    /// Counts a message, and reports it if the demand includes frames.
    mutating func handle(
        _ message: Message, from source: Provenance, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let index = streams[source.index].nextMessageIndex
        if message.isComplete {
            countMessage(message.length ?? 0, from: source.role, &workspace)
            if workspace.options.demand.includesIntervals, streams[source.index].countMessage(at: source.origin.time) {
                recount(&workspace)
            }
            recordMessage(from: source)
        } else {
            streams[source.index].incompleteMessages &+= 1
        }
        if message.isCompressed { streams[source.index].compression.count(message) }
        guard workspace.options.demand.includesFrames else { return }
        let event = MessageEvent(
            from: source.role, message: message, firstPacket: streams[source.index].messageFirstPacket,
            isInferred: streams[source.index].isInferred, origin: source.origin, index: index)
        streams[source.index].report(event, at: context, into: &sink)
    }
}
