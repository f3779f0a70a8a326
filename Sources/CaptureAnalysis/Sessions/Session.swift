import TCPReassembly
import WebSocketProtocol
import WireFormat

/// A WebSocket session: two decoded streams, and what they come to.
///
/// Where it is read often, single properties are, or mutating methods: the compiler moves a whole value of this kind to
/// call any other method on it.
struct Session: ~Copyable {
    /// The number of its connection.
    let number: UInt64
    /// The direction that the client sends.
    let clientDirection: Direction
    /// Whether segments are looked at for more than their bytes.
    var watchesSegments = false
    private let followsDeliveries: Bool
    /// Who sent the first Close frame.
    private var firstCloser: Role?
    /// When the last frame before the first Close frame was complete.
    private var lastFrameTime: Timestamp?
    /// The life of the client's WebSocket.
    private(set) var clientStates: ReadyStates
    /// The life of the server's WebSocket.
    private(set) var serverStates: ReadyStates
    /// What the client and the server send, by ``Role/index``.
    var streams: InlineArray<2, SessionStream>
    private var roundTrips: RoundTripRecord?
    private let outstandingPings: Int

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
        followsDeliveries = options.followsDeliveries
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
        followsDeliveries = options.followsDeliveries
        streams = InlineArray { index in
            SessionStream(
                sender: index == 0 ? .client : .server, streamOffset: index == 0 ? clientOffset : serverOffset,
                compression: .unknown, options: options)
        }
        let elapsed = state.elapsed(state.time)
        clientStates = ReadyStates(connectingAt: elapsed)
        serverStates = ReadyStates(connectingAt: elapsed)
        clientStates.advance(to: .open, at: elapsed)
        serverStates.advance(to: .open, at: elapsed)
    }

    /// Takes the next bytes of a stream.
    ///
    /// `origin` is the packet that brought them, which may be an earlier one than the packet at hand; `view` is the
    /// connection as that left it.
    mutating func receive(
        _ bytes: Span<UInt8>, from role: Role, origin: UInt64, view: ConnectionView, state: inout AnalysisState,
        resources: inout StreamResources, sink: inout some EventSink & ~Copyable
    ) {
        streams[role.index].traffic.wireBytes &+= UInt64(bytes.count)
        var context = state.context(connection: number, view: view)
        guard streams[role.index].search == nil else {
            search(bytes, from: role, origin: origin, &context, &state, &resources, &sink)
            return
        }
        decode(bytes, from: role, origin: origin, &context, &state, &resources, &sink)
    }

    /// Decodes bytes whose place is known.
    mutating func decode(
        _ bytes: Span<UInt8>, from role: Role, origin: UInt64, _ context: inout EventContext,
        _ state: inout AnalysisState, _ resources: inout StreamResources, _ sink: inout some EventSink & ~Copyable
    ) {
        var input = ByteCursor(bytes)
        streams[role.index].decoder.origin = origin
        while let output = streams[role.index].decoder.next(&input, resources: &resources) {
            handle(output, from: role, &context, &state, &sink)
            guard followsDeliveries, case .message(let message) = output else { continue }
            follow(message, from: role, origin: origin, context, &state, &resources, &sink)
        }
    }

    private mutating func handle(
        _ output: WebSocketStream.Output, from role: Role, _ context: inout EventContext,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        switch output {
        case .frame(let frame, let payload): handle(frame, payload, from: role, &context, &state, &sink)
        case .message(let message): handle(message, from: role, context, &state, &sink)
        case .violation(let violation, let offset):
            state.report(Finding(violation, from: role, streamOffset: offset), at: context, into: &sink)
        }
    }

    private mutating func handle(
        _ frame: Frame, _ payload: PayloadStatus, from role: Role, _ context: inout EventContext,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        let opcode = frame.header.opcode
        state.summary.frames &+= 1
        streams[role.index].traffic.frames &+= 1
        streams[role.index].traffic.framesByOpcode[Int(opcode.rawValue)] &+= 1
        guard state.options.tellsFrames || opcode.isControl else {
            noteFrame(context)
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
        noteFrame(context)
        guard state.options.tellsFrames else { return }
        context.view.clientReadyState = clientStates.current
        context.view.serverReadyState = serverStates.current
        streams[role.index].tell(event, at: context, into: &sink)
    }

    /// Notes when a frame was last seen before the first Close frame, which begins the end.
    private mutating func noteFrame(_ context: EventContext) {
        if firstCloser == nil { lastFrameTime = context.time }
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
            if streams[role.index].close == nil { streams[role.index].close = (body, context.time) }
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
            state.summary.messages &+= 1
            state.summary.payloadBytes &+= message.length ?? 0
            streams[role.index].traffic.messages &+= 1
            streams[role.index].traffic.payloadBytes &+= message.length ?? 0
        }
        if message.isComplete, state.options.measuresIntervals { streams[role.index].noteMessage(at: context.time) }
        guard state.options.tellsFrames else { return }
        let event = MessageEvent(
            from: role, message: message, firstPacket: streams[role.index].messageFirstPacket,
            isInferred: streams[role.index].isInferred)
        streams[role.index].tell(event, at: context, into: &sink)
    }

    /// Ends the session: tells what it leaves unfinished, and why it ended; `tcp` is what its connection came to.
    mutating func end(
        _ tcp: TCPOutcome, cause: EndCause, view: ConnectionView, state: inout AnalysisState,
        resources: inout StreamResources, sink: inout some EventSink & ~Copyable
    ) {
        var context = state.context(connection: number, view: view)
        for role in Role.allCases {
            let direction = role == .client ? clientDirection : clientDirection.opposite
            endSearch(of: role, hasFin: tcp.isWhole[direction.index], &context, &state, &resources, &sink)
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
            clientClose: streams[0].close, serverClose: streams[1].close,
            isClientLost: streams[0].decoder.isLost, isServerLost: streams[1].decoder.isLost, firstCloser: firstCloser,
            clientDirection: clientDirection, lastFrameTime: lastFrameTime,
            unansweredPings: streams[0].pings.unanswered &+ streams[1].pings.unanswered, wasOpened: true)
        let end = SessionEnd(
            verdict: outcome.verdict(tcp, cause: cause, now: context.time),
            clientReadyStates: clientStates.changes, serverReadyStates: serverStates.changes,
            duration: tcp.duration, fromClient: streams[0].total,
            fromServer: streams[1].total, pingRoundTrip: roundTrips?.durations,
            tcp: tcp.health)
        context.view.clientReadyState = clientStates.current
        context.view.serverReadyState = serverStates.current
        sink.receive(.end(end), at: context, payload: Span())
    }
}
