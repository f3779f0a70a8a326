import WebSocketProtocol
import WireFormat

/// A WebSocket session: two decoded streams, and what they come to.
///
/// Hot code reads single properties or calls mutating methods: to call any other method on a value of this kind, the
/// compiler moves it first.
struct Session: StreamReader, ~Copyable {
    // What every frame touches stands first, in one cache line.

    /// Its connection, and its stream in that.
    var id: SessionID
    /// When the last byte of a frame came before the first Close frame; ``never`` before any.
    private(set) var lastByteTime = Session.never
    /// When the last data message was complete; ``never`` before any.
    private(set) var lastMessageTime = Session.never
    /// The life of the client's WebSocket.
    var clientStates: ReadyStates
    /// The direction that the client sends.
    let clientDirection: Direction
    /// Whether segments are looked at for more than their bytes.
    var watchesSegments = false
    let followsDeliveries: Bool
    /// Whether a layer carries it.
    let isCarried: Bool
    /// Whether TLS does.
    var isInsideTLS = false
    /// Who sent the first Close frame.
    var firstCloser: Role?
    /// The life of the server's WebSocket.
    var serverStates: ReadyStates
    /// What the client and the server send, by ``Role/index``.
    var streams: InlineArray<2, SessionStream>
    var roundTrips: RoundTripRecord?
    /// Which bytes of TCP carry it, if a layer does; nil if TCP itself.
    let carriers: CarrierMaps?
    /// When the upgrade was accepted; nil if that was before the capture.
    let openingTime: Timestamp?
    /// The packet of the response that accepted the upgrade; 0 if that is not in the capture.
    let openingPacket: UInt64
    /// Where that ends in the TCP stream; nowhere if that is far, or a layer carries it.
    let openingEnd: UInt32
    /// The bytes that it was last counted with (``recount(_:)``).
    var countedBytes: UInt32 = 0
    /// What names it.
    let identity: SessionIdentity
    /// Its pauses, and the bytes after the latest.
    private(set) var pauses: PauseRecord?
    /// What had come before the first FIN; nil if none has come.
    var ending: EndRecord?

    /// The time of what has not happened.
    static var never: Timestamp { Timestamp(nanoseconds: .min) }
    /// The shortest pause, in nanoseconds, after which bytes begin a burst.
    private static var pause: UInt64 { 1_000_000_000 }

    /// Opens a session: after an accepted upgrade, or amid its streams, if the capture lacks that.
    init(
        _ id: SessionID, _ identity: SessionIdentity, _ beginning: SessionBeginning, _ workspace: inout Workspace
    ) {
        self.id = id
        self.identity = identity
        clientDirection = beginning.client
        followsDeliveries = workspace.options.demand.followsDeliveries
        let (demand, limits) = (workspace.options.demand.payload, workspace.options.limits.stream)
        let negotiated = beginning.extensions.map { NegotiatedExtensions($0) }
        isCarried = beginning.isCarried
        carriers = beginning.isCarried ? CarrierMaps() : nil
        let hasUpgrade = beginning.extensions != nil
        streams = InlineArray { index in
            let role: Role = index == 0 ? .client : .server
            let offset = beginning.offsets[role.direction(client: beginning.client).index]
            return SessionStream(
                sender: role, streamOffset: offset, negotiated, demand: demand, limits: limits)
        }
        let opened = beginning.opened ?? workspace.origin
        let elapsed = workspace.elapsed(opened.time)
        let connectingTime = min(elapsed, beginning.requestElapsed ?? elapsed)
        clientStates = ReadyStates(connectingAt: connectingTime)
        serverStates = ReadyStates(connectingAt: connectingTime)
        clientStates.advance(to: .open, at: elapsed)
        serverStates.advance(to: .open, at: elapsed)
        lastByteTime = hasUpgrade ? opened.time : Session.never
        openingTime = hasUpgrade ? opened.time : nil
        openingPacket = hasUpgrade ? opened.packet : 0
        let answers = Role.server.direction(client: beginning.client)
        openingEnd = beginning.isCarried ? .max : UInt32(clamping: beginning.offsets[answers.index])
        recount(&workspace)
    }

    /// Which end sends a direction.
    func role(of direction: Direction) -> Role { Role(direction, client: clientDirection) }

    mutating func receive(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        let role = Role(place.direction, client: clientDirection)
        carriers?.add(place, of: role, keepsOlder: followsDeliveries)
        let source = Provenance(role: role, origin: place.origin, acknowledged: place.acknowledged)
        take(bytes, from: source, &workspace, &sink)
        return Intake()
    }

    /// Takes the next bytes of a stream; what ``receive(_:at:_:_:)`` does with those of TCP.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - source: Where they come from.
    ///   - workspace: What readers share.
    ///   - sink: Who gets the events.
    mutating func take(
        _ bytes: Span<UInt8>, from source: Provenance, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        streams[source.index].traffic.wireBytes &+= UInt64(bytes.count)
        let pause = source.origin.time.nanoseconds(since: lastByteTime)
        if UInt64(bitPattern: pause) > Session.pause,
            lookAt(pause, before: bytes, from: source, &workspace, &sink)
        {
            streams[source.index].lastPacket = source.origin.packet
            return
        }
        streams[source.index].lastPacket = source.origin.packet
        let ownPause = source.origin.time.nanoseconds(since: streams[source.index].lastByteTime)
        if UInt64(bitPattern: ownPause) > Session.pause { record(ownPause, of: source.role, source.origin) }
        guard streams[source.index].search == nil else {
            var context = workspace.context(id)
            suspect(bytes, from: source)
            search(bytes, from: source, &context, &workspace, &sink)
            return
        }
        var input = ByteCursor(bytes)
        if !workspace.options.demand.includesFrames { passWhole(&input, from: source, &workspace) }
        guard !input.isEmpty else { return }
        var context = workspace.context(id)
        decode(input.rest, from: source, &context, &workspace, &sink)
    }

    /// Counts messages that are one frame, as many as come next, if they are not reported.
    @inline(__always)
    private mutating func passWhole(
        _ input: inout ByteCursor, from source: Provenance, _ workspace: inout Workspace
    ) {
        while let (opcode, length) = streams[source.index].decoder.skipSingleFrameMessage(
            &input, resources: &workspace.resources)
        {
            count(opcode, UInt64(length), from: source, &workspace)
            if input.isEmpty { return }
        }
    }

    /// Decodes bytes whose place is known.
    mutating func decode(
        _ bytes: Span<UInt8>, from source: Provenance,
        _ context: inout EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        var input = ByteCursor(bytes)
        streams[source.index].decoder.origin = source.origin
        repeat {
            if !workspace.options.demand.includesFrames { passWhole(&input, from: source, &workspace) }
            if let whole = streams[source.index].decoder.nextSingleFrameMessage(&input, resources: &workspace.resources)
            {
                let header = whole.frame.header
                count(header.opcode, header.payloadLength, from: source, &workspace)
                report(
                    whole, whole.framePayload(in: input, workspace.resources),
                    whole.payload(in: input, workspace.resources), from: source, &context, &sink)
                guard followsDeliveries else { continue }
                follow(
                    whole.message, from: source, context, &workspace, &sink)
            } else if streams[source.index].decoder.isAtBeginning,
                passBeginning(&input, from: source, context, &workspace, &sink)
            {
                continue
            } else if let output = streams[source.index].decoder.next(&input, resources: &workspace.resources) {
                handle(output, from: source, &context, &workspace, &sink)
                guard followsDeliveries, case .message(let message) = output else { continue }
                follow(
                    message, from: source, context, &workspace, &sink)
            } else {
                break
            }
        } while !input.isEmpty || streams[source.index].decoder.hasPending
        guard !bytes.isEmpty else { return }
        if streams[source.index].decoder.isInFrame {
            guard streams[source.index].decoder.currentOpcode != .close else { return }
            recordBytes(from: source)
        } else if streams[source.index].decoder.isLost, streams[source.index].isStopped {
            recordBytes(from: source)
        } else {
            return
        }
        if let form = streams[source.index].suspectedLength(of: bytes) {
            report(form, of: bytes.count, from: source.role, context, &workspace, &sink)
        }
    }

    @inline(never)
    private mutating func handle(
        _ output: WebSocketStream.Output, from source: Provenance, _ context: inout EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        switch output {
        case .frame(let frame, let payload): handle(frame, payload, from: source, &context, &workspace, &sink)
        case .message(let message): handle(message, from: source, context, &workspace, &sink)
        case .violation(.implausible, let offset, let index):
            let name = streams[source.index].decoder.foreignProtocol
            reportStop(name, from: source, at: offset, frame: index, context, &workspace, &sink)
        case .violation(let violation, let offset, let index):
            record(violation, at: offset, from: source)
            let finding = Finding(Rule(violation), from: source.role, at: offset, frame: index)
            workspace.report(finding, at: context, into: &sink)
        }
    }

    /// Counts a frame that is a message.
    @inline(__always)
    private mutating func count(
        _ opcode: Opcode, _ length: UInt64, from source: Provenance, _ workspace: inout Workspace
    ) {
        countFrame(opcode, from: source.role, &workspace)
        countMessage(length, from: source.role, &workspace)
        if workspace.options.demand.includesIntervals, streams[source.index].countMessage(at: source.origin.time) {
            recount(&workspace)
        }
        recordBytes(from: source)
        recordMessage(from: source)
    }

    /// Reports a frame that is a message.
    private mutating func report(
        _ whole: SingleFrameMessage, _ framePayload: Span<UInt8>, _ payload: Span<UInt8>, from source: Provenance,
        _ context: inout EventContext, _ sink: inout some EventSink & ~Copyable
    ) {
        let packet = whole.frame.origin.packet
        streams[source.index].messageFirstPacket = packet
        streams[source.index].fragment = 1
        let isInferred = streams[source.index].isInferred
        // It is counted already.
        let index = streams[source.index].nextMessageIndex &- 1
        context.view.clientReadyState = clientStates.current
        context.view.serverReadyState = serverStates.current
        let frame = FrameEvent(
            from: source.role, frame: whole.frame, firstPacket: packet, payload: whole.framePayloadStatus, close: nil,
            answer: nil, fragment: 1, isInferred: isInferred, origin: source.origin, messageIndex: index)
        sink.receive(.frame(frame), at: context, payload: framePayload)
        let message = MessageEvent(
            from: source.role, message: whole.message, firstPacket: packet, isInferred: isInferred,
            origin: source.origin,
            index: index)
        sink.receive(.message(message), at: context, payload: payload)
    }

    @inline(__always)
    private mutating func countFrame(_ opcode: Opcode, from role: Role, _ workspace: inout Workspace) {
        workspace.summary.frames &+= 1
        streams[role.index].traffic.frames &+= 1
        streams[role.index].traffic.framesByOpcode[Int(opcode.rawValue)] &+= 1
    }

    @inline(__always)
    private mutating func countMessage(_ length: UInt64, from role: Role, _ workspace: inout Workspace) {
        workspace.summary.messages &+= 1
        workspace.summary.payloadBytes &+= length
        streams[role.index].traffic.messages &+= 1
        streams[role.index].traffic.payloadBytes &+= length
    }

    private mutating func handle(
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
            context.view.clientReadyState = clientStates.current
            context.view.serverReadyState = serverStates.current
            streams[source.index].report(event, at: context, into: &sink)
        }
        if opcode == .pong, event.answer == nil { judge(event, context, &workspace, &sink) }
    }

    /// Records that bytes of a frame came, unless a Close frame did before: what follows belongs to the end.
    @inline(__always)
    private mutating func recordBytes(from source: Provenance) {
        guard firstCloser == nil || isBeforeClose(source) else { return }
        if ending != nil { recordEnding(from: source, isMessage: false) }
        lastByteTime = max(lastByteTime, source.origin.time)
        streams[source.index].lastByteTime = source.origin.time
    }

    /// Records that a data message was complete, likewise.
    @inline(__always)
    private mutating func recordMessage(from source: Provenance) {
        guard firstCloser == nil || isBeforeClose(source) else { return }
        if ending != nil { recordEnding(from: source, isMessage: true) }
        lastMessageTime = max(lastMessageTime, source.origin.time)
    }

    /// Looks at bytes that came long after those before, or whose packet's time is earlier.
    ///
    /// - Returns: Whether they are no frames, and were passed over.
    @inline(never)
    private mutating func lookAt(
        _ pause: Int64, before bytes: Span<UInt8>, from source: Provenance, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        guard pause < 0 else {
            // After a FIN or RST nothing changes how long it was silent before.
            if pauses != nil, firstCloser == nil, isAfterEnd(source.origin) { return false }
            let before = lastByteTime == Session.never ? nil : lastByteTime
            let speaker = streams[0].lastPacket > streams[1].lastPacket ? Role.client : .server
            let next = Burst(
                role: source.role, start: carriedEnd(of: source.role), before: before, lastSpeaker: speaker)
            let isFirst = pauses == nil
            let record = pauses ?? PauseRecord(next)
            pauses = record
            if isFirst { recount(&workspace) }
            let isLived = before != nil && firstCloser == nil && !isAfterEnd(source.origin)
            record.record(next, after: isLived ? pause : nil)
            return false
        }
        if source.role == .client, source.origin.packet < openingPacket {
            return lookAt(early: bytes, source.origin, &workspace, &sink)
        }
        // Bytes that waited are older than others by right.
        guard source.origin.packet == workspace.packet, reportsFirst(.timeBackwards, of: .client) else { return false }
        let finding = Finding(
            Rule(.timeBackwards), Finding.milliseconds(pause == .min ? .max : -pause), from: source.role,
            at: streams[source.index].decoder.streamOffset)
        workspace.report(finding, at: workspace.context(id), into: &sink)
        return false
    }

    /// Takes a control frame's meaning.
    ///
    /// - Returns: Whether that took memory, beside that of ledgers of Pings.
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
            if let pauses, firstCloser == nil, lastMessageTime != Session.never {
                pauses.messageSilence = max(pauses.messageSilence, origin.time.nanoseconds(since: lastMessageTime))
            }
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
            let elapsed = workspace.elapsed(origin.time)
            clientStates.advance(to: .closing, at: elapsed)
            serverStates.advance(to: .closing, at: elapsed)
            return true
        default: return false
        }
    }

    private mutating func handle(
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

    /// Ends the session: reports what it leaves unfinished, and why it ended.
    mutating func end(
        _ tcp: TransportEnd, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        var context = workspace.context(id)
        endStreams(tcp, &context, &workspace, &sink)
        settleRest(tcp, context, &workspace, &sink)
        reportStalls(context, &workspace, &sink)
        if tcp.cause == .closed {
            clientStates.advance(to: .closed, at: context.elapsed)
            serverStates.advance(to: .closed, at: context.elapsed)
        }
        let late: InlineArray<2, OverduePings> = [
            overduePings(of: .client, tcp, context.time), overduePings(of: .server, tcp, context.time),
        ]
        var outcome = SessionOutcome(
            ends: [EndOutcome(&streams[0]), EndOutcome(&streams[1])], firstCloser: firstCloser,
            clientDirection: clientDirection, lastTimes: lastTimes(tcp, isCloseFrame: true),
            timesBeforeFin: lastTimes(tcp, isCloseFrame: false), burst: lastBurst(tcp),
            unansweredPings: late[0].count &+ late[1].count, uncertainPings: late[0].uncertain &+ late[1].uncertain,
            wasOpened: true)
        if isInsideTLS { outcome.alerts = carriers?.alerts }
        let verdict = outcome.verdict(tcp, now: context.time)
        reportUnanswered(tcp, verdict.failure, context, &workspace, &sink)
        if roundTrips?.hasHistogram ?? false { workspace.resources.roundTripHistograms &+= 1 }
        workspace.resources.sessionBytes &-= Int(countedBytes)
        reportLeftOpen(tcp, context, &workspace, &sink)
        reportTruncated(tcp, context, &workspace, &sink)
        let endTime = outcome.endTime(tcp, now: context.time)
        let sample = sample(verdict, tcp, endTime)
        workspace.record(verdict, sample, connection: context.connection)
        let compression = self.compression
        if let compression {
            workspace.summary.compressedSessions &+= 1
            workspace.summary.compression.add(compression.client)
            workspace.summary.compression.add(compression.server)
        }
        let end = SessionEnd(
            identity: identity, verdict: verdict,
            clientReadyStates: clientStates.changes, serverReadyStates: serverStates.changes,
            duration: tcp.duration, fromClient: streams[0].total,
            fromServer: streams[1].total, pingRoundTrip: roundTrips?.durations,
            tcp: tcp.health, compression: compression, sample: sample, origin: workspace.earlyEnd)
        context.view.clientReadyState = clientStates.current
        context.view.serverReadyState = serverStates.current
        sink.receive(.end(end), at: context, payload: Span())
    }

    /// Decides what was not clear yet in the streams, and reports what they leave unfinished.
    private mutating func endStreams(
        _ tcp: TransportEnd, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let origin = workspace.earlyEnd ?? workspace.origin
        for role in Role.allCases { endBeginning(of: role, context, &workspace, &sink) }
        endTrials(tcp, &context, &workspace, &sink)
        for role in Role.allCases {
            let direction = role.direction(client: clientDirection)
            endSearch(of: role, hasFin: tcp.isWhole[direction.index], &context, &workspace, &sink)
            streams[role.index].decoder.judgeUnfinished()
            let source = Provenance(role: role, origin: origin)
            decode(Span(), from: source, &context, &workspace, &sink)
            streams[role.index].endCompression()
            guard let message = streams[role.index].decoder.finish(resources: &workspace.resources) else { continue }
            handle(message, from: source, context, &workspace, &sink)
            streams[role.index].decoder.release(resources: &workspace.resources)
        }
    }
}
