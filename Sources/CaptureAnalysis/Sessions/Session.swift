import TCPReassembly
import WebSocketProtocol
import WireFormat

/// A WebSocket session: two decoded streams, and what they come to.
///
/// Where it is read often, single properties are, or mutating methods: the compiler moves a whole value of this kind to
/// call any other method on it.
struct Session: ~Copyable {
    // What every frame touches stands first.

    /// The number of its connection.
    var number: UInt64
    /// The direction that the client sends.
    let clientDirection: Direction
    /// Whether segments are looked at for more than their bytes.
    var watchesSegments = false
    private let followsDeliveries: Bool
    /// Who sent the first Close frame.
    private(set) var firstCloser: Role?
    /// When the last frame before the first Close frame was complete.
    private var lastFrameTime: Timestamp?
    /// The life of the client's WebSocket.
    var clientStates: ReadyStates
    /// The life of the server's WebSocket.
    var serverStates: ReadyStates
    /// What the client and the server send, by ``Role/index``.
    var streams: InlineArray<2, SessionStream>
    private var roundTrips: RoundTripRecord?
    private let outstandingPings: Int
    /// When the upgrade was accepted; nil where that was before the capture.
    private let openingTime: Timestamp?

    /// The bytes of the value, about, that every segment touches: for a look ahead.
    static var headBytes: Range<Int> { 0..<headByteCount }

    /// The bytes that frames of an end touch, about.
    @inline(__always)
    static func hotBytes(of role: Role) -> (Range<Int>, Range<Int>) {
        let start = headByteCount &+ role.index &* MemoryLayout<SessionStream>.stride
        let (counts, decoder) = SessionStream.hotBytes
        return (
            (start &+ counts.lowerBound)..<(start &+ counts.upperBound),
            (start &+ decoder.lowerBound)..<(start &+ decoder.upperBound)
        )
    }

    /// How many bytes stand before the streams.
    private static var headByteCount: Int { 64 }

    /// Opens the session behind an accepted upgrade.
    ///
    /// The offsets tell where each end's frames begin in its stream; `requestElapsed` is the nanoseconds from the
    /// capture's first packet to the request's.
    init(
        number: UInt64, clientDirection: Direction, extensions: [WebSocketExtension], clientOffset: UInt64,
        serverOffset: UInt64, requestElapsed: Int64, state: borrowing AnalysisState
    ) {
        self.number = number
        self.clientDirection = clientDirection
        let options = state.options
        outstandingPings = options.limits.outstandingPings
        followsDeliveries = options.demand.followsDeliveries
        streams = InlineArray { index in
            SessionStream(
                sender: index == 0 ? .client : .server, streamOffset: index == 0 ? clientOffset : serverOffset,
                extensions: extensions, options: options)
        }
        clientStates = ReadyStates(connectingAt: requestElapsed)
        serverStates = ReadyStates(connectingAt: requestElapsed)
        let elapsed = state.elapsed(state.time)
        clientStates.advance(to: .open, at: elapsed)
        serverStates.advance(to: .open, at: elapsed)
        lastFrameTime = state.time
        openingTime = state.time
    }

    /// Opens a session that was running before the capture began: what its upgrade agreed on is not known.
    init(
        midstream number: UInt64, clientDirection: Direction, clientOffset: UInt64, serverOffset: UInt64,
        state: borrowing AnalysisState
    ) {
        self.number = number
        self.clientDirection = clientDirection
        let options = state.options
        outstandingPings = options.limits.outstandingPings
        followsDeliveries = options.demand.followsDeliveries
        streams = InlineArray { index in
            SessionStream(
                sender: index == 0 ? .client : .server, streamOffset: index == 0 ? clientOffset : serverOffset,
                options: options)
        }
        openingTime = nil
        let elapsed = state.elapsed(state.time)
        clientStates = ReadyStates(connectingAt: elapsed)
        serverStates = ReadyStates(connectingAt: elapsed)
        clientStates.advance(to: .open, at: elapsed)
        serverStates.advance(to: .open, at: elapsed)
    }

    /// Takes the next bytes of a stream.
    ///
    /// `origin` is the packet that brought them, which may be an earlier one than the packet at hand.
    mutating func receive(
        _ bytes: Span<UInt8>, from role: Role, origin: UInt64, state: inout AnalysisState,
        resources: inout StreamResources, sink: inout some EventSink & ~Copyable
    ) {
        streams[role.index].traffic.wireBytes &+= UInt64(bytes.count)
        guard streams[role.index].search == nil else {
            var context = state.context(connection: number)
            search(bytes, from: role, origin: origin, &context, &state, &resources, &sink)
            return
        }
        var input = ByteCursor(bytes)
        if !state.options.demand.includesFrames { passWhole(&input, from: role, &state, &resources) }
        guard !input.isEmpty else { return }
        var context = state.context(connection: number)
        decode(input.rest, from: role, origin: origin, &context, &state, &resources, &sink)
    }

    /// Counts messages that are one frame, as many as come next, where nobody wants to be told of them.
    @inline(__always)
    private mutating func passWhole(
        _ input: inout ByteCursor, from role: Role, _ state: inout AnalysisState, _ resources: inout StreamResources
    ) {
        while let (opcode, length) = streams[role.index].decoder.passWhole(&input, resources: &resources) {
            count(opcode, UInt64(length), from: role, state.time, &state)
            if input.isEmpty { return }
        }
    }

    /// Decodes bytes whose place is known.
    mutating func decode(
        _ bytes: Span<UInt8>, from role: Role, origin: UInt64, _ context: inout EventContext,
        _ state: inout AnalysisState, _ resources: inout StreamResources, _ sink: inout some EventSink & ~Copyable
    ) {
        var input = ByteCursor(bytes)
        streams[role.index].decoder.origin = origin
        repeat {
            if !state.options.demand.includesFrames { passWhole(&input, from: role, &state, &resources) }
            if let whole = streams[role.index].decoder.nextWhole(&input, resources: &resources) {
                let header = whole.frame.header
                count(header.opcode, header.payloadLength, from: role, context.time, &state)
                tell(
                    whole, whole.framePayload(in: input, resources), whole.payload(in: input, resources), from: role,
                    &context, &sink)
                guard followsDeliveries else { continue }
                follow(whole.message, from: role, origin: origin, context, &state, &resources, &sink)
            } else if let output = streams[role.index].decoder.next(&input, resources: &resources) {
                handle(output, from: role, &context, &state, &sink)
                guard followsDeliveries, case .message(let message) = output else { continue }
                follow(message, from: role, origin: origin, context, &state, &resources, &sink)
            } else {
                return
            }
        } while !input.isEmpty || streams[role.index].decoder.hasPending
    }

    @inline(never)
    private mutating func handle(
        _ output: WebSocketStream.Output, from role: Role, _ context: inout EventContext,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        switch output {
        case .frame(let frame, let payload): handle(frame, payload, from: role, &context, &state, &sink)
        case .message(let message): handle(message, from: role, context, &state, &sink)
        case .violation(let violation, let offset, let index):
            note(violation, at: offset, from: role, context)
            let finding = Finding(violation, from: role, streamOffset: offset, frameIndex: index)
            state.report(finding, at: context, into: &sink)
        }
    }

    /// Counts a frame that is a message.
    @inline(__always)
    private mutating func count(
        _ opcode: Opcode, _ length: UInt64, from role: Role, _ time: Timestamp, _ state: inout AnalysisState
    ) {
        countFrame(opcode, from: role, &state)
        countMessage(length, from: role, &state)
        if state.options.demand.includesIntervals { streams[role.index].noteMessage(at: time) }
        noteFrame(at: time)
    }

    /// Tells of a frame that is a message.
    private mutating func tell(
        _ whole: WholeMessage, _ framePayload: Span<UInt8>, _ payload: Span<UInt8>, from role: Role,
        _ context: inout EventContext, _ sink: inout some EventSink & ~Copyable
    ) {
        let packet = whole.frame.origin
        streams[role.index].messageFirstPacket = packet
        streams[role.index].fragment = 1
        let isInferred = streams[role.index].isInferred
        context.view.clientReadyState = clientStates.current
        context.view.serverReadyState = serverStates.current
        let frame = FrameEvent(
            from: role, frame: whole.frame, firstPacket: packet, payload: whole.framePayloadStatus, close: nil,
            answer: nil, fragment: 1, isInferred: isInferred)
        sink.receive(.frame(frame), at: context, payload: framePayload)
        let message = MessageEvent(from: role, message: whole.message, firstPacket: packet, isInferred: isInferred)
        sink.receive(.message(message), at: context, payload: payload)
    }

    @inline(__always)
    private mutating func countFrame(_ opcode: Opcode, from role: Role, _ state: inout AnalysisState) {
        state.summary.frames &+= 1
        streams[role.index].traffic.frames &+= 1
        streams[role.index].traffic.framesByOpcode[Int(opcode.rawValue)] &+= 1
    }

    @inline(__always)
    private mutating func countMessage(_ length: UInt64, from role: Role, _ state: inout AnalysisState) {
        state.summary.messages &+= 1
        state.summary.payloadBytes &+= length
        streams[role.index].traffic.messages &+= 1
        streams[role.index].traffic.payloadBytes &+= length
    }

    private mutating func handle(
        _ frame: Frame, _ payload: PayloadStatus, from role: Role, _ context: inout EventContext,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        let opcode = frame.header.opcode
        countFrame(opcode, from: role, &state)
        guard state.options.demand.includesFrames || opcode.isControl else {
            noteFrame(at: context.time)
            return
        }
        var event = FrameEvent(
            from: role, frame: frame, firstPacket: frame.origin, payload: payload, close: nil,
            answer: nil, fragment: 0, isInferred: streams[role.index].isInferred)
        if opcode.isControl {
            handleControl(&event, context)
        } else if !opcode.isReserved {
            if opcode != .continuation {
                streams[role.index].messageFirstPacket = event.firstPacket
                streams[role.index].fragment = 0
            }
            streams[role.index].fragment &+= 1
            event.fragment = streams[role.index].fragment
        }
        noteFrame(at: context.time)
        if state.options.demand.includesFrames {
            context.view.clientReadyState = clientStates.current
            context.view.serverReadyState = serverStates.current
            streams[role.index].tell(event, at: context, into: &sink)
        }
        if opcode == .pong, event.answer == nil { judge(event, context, &state, &sink) }
    }

    /// Notes when a frame was last seen before the first Close frame, which begins the end.
    @inline(__always)
    private mutating func noteFrame(at time: Timestamp) {
        if firstCloser == nil { lastFrameTime = time }
    }

    private mutating func handleControl(_ event: inout FrameEvent, _ context: EventContext) {
        let role = event.from
        switch event.frame.header.opcode {
        case .ping where event.frame.missing == 0:
            let fingerprint = streams[role.index].payloadFingerprint
            streams[role.index].pings.sent(
                fingerprint, packet: context.packet, time: context.time, limit: outstandingPings)
        case .pong where event.frame.missing == 0:
            let fingerprint = streams[role.index].payloadFingerprint
            event.answer = streams[role.peer.index].pings.answered(fingerprint, time: context.time)
            guard let answer = event.answer else { break }
            let roundTrips = self.roundTrips ?? RoundTripRecord()
            roundTrips.record(answer.roundTrip)
            self.roundTrips = roundTrips
        case .close:
            let body = streams[role.index].closeBody(event.payload)
            event.close = body
            if streams[role.index].close == nil {
                let endOffset = streams[role.index].decoder.streamOffset
                streams[role.index].note(
                    SentClose(
                        body: body, packet: context.packet, time: context.time,
                        streamOffset: event.frame.streamOffset, endOffset: endOffset))
            }
            if firstCloser == nil { firstCloser = role }
            // WHATWG WebSockets: the closing handshake has started for both ends.
            clientStates.advance(to: .closing, at: context.elapsed)
            serverStates.advance(to: .closing, at: context.elapsed)
        default: break
        }
    }

    private mutating func handle(
        _ message: Message, from role: Role, _ context: EventContext, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) {
        if message.isComplete {
            countMessage(message.length ?? 0, from: role, &state)
            if state.options.demand.includesIntervals { streams[role.index].noteMessage(at: context.time) }
        }
        if message.isCompressed { streams[role.index].compression.count(message) }
        guard state.options.demand.includesFrames else { return }
        let event = MessageEvent(
            from: role, message: message, firstPacket: streams[role.index].messageFirstPacket,
            isInferred: streams[role.index].isInferred)
        streams[role.index].tell(event, at: context, into: &sink)
    }

    /// Ends the session: tells what it leaves unfinished, and why it ended; `tcp` is what its connection came to.
    mutating func end(
        _ tcp: TCPOutcome, cause: EndCause, state: inout AnalysisState,
        resources: inout StreamResources, sink: inout some EventSink & ~Copyable
    ) {
        var context = state.context(connection: number)
        for role in Role.allCases {
            let direction = role.direction(client: clientDirection)
            endSearch(of: role, hasFin: tcp.isWhole[direction.index], &context, &state, &resources, &sink)
            streams[role.index].decoder.judgeUnfinished()
            decode(Span(), from: role, origin: context.packet, &context, &state, &resources, &sink)
            streams[role.index].endCompression()
            guard let message = streams[role.index].decoder.finish(resources: &resources) else { continue }
            handle(message, from: role, context, &state, &sink)
        }
        settleRest(tcp, cause: cause, context, &state, &resources, &sink)
        tellStalls(context, &state, &sink)
        if cause == .closed {
            clientStates.advance(to: .closed, at: context.elapsed)
            serverStates.advance(to: .closed, at: context.elapsed)
        }
        let outcome = SessionOutcome(
            client: EndOutcome(&streams[0]), server: EndOutcome(&streams[1]), firstCloser: firstCloser,
            clientDirection: clientDirection, lastFrameTime: lastFrameTime,
            unansweredPings: streams[0].pings.unanswered &+ streams[1].pings.unanswered, wasOpened: true)
        let verdict = outcome.verdict(tcp, cause: cause, now: context.time)
        tellUnanswered(tcp, cause, verdict.failure, context, &state, &sink)
        let endTime = outcome.endTime(tcp, now: context.time)
        let sample = EndingPatterns.Sample(
            server: tcp.server, lifetime: openingTime.map { endTime.nanoseconds(since: $0) })
        state.endings.note(verdict, sample)
        let end = SessionEnd(
            verdict: verdict,
            clientReadyStates: clientStates.changes, serverReadyStates: serverStates.changes,
            duration: tcp.duration, fromClient: streams[0].total,
            fromServer: streams[1].total, pingRoundTrip: roundTrips?.durations,
            tcp: tcp.health, compression: compression, sample: sample)
        context.view.clientReadyState = clientStates.current
        context.view.serverReadyState = serverStates.current
        sink.receive(.end(end), at: context, payload: Span())
        state.release(number)
    }
}
