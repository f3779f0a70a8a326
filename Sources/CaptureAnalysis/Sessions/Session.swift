import WebSocketProtocol
import WireFormat

/// A WebSocket session: two decoded streams, and their results.
///
/// Hot code reads single properties or calls mutating methods: to call any other method on such a value, the compiler
/// first moves it.
struct Session: StreamReader, ~Copyable {
    // Fields that every frame touches come first (`headBytes`).

    /// The times of bytes and messages, up to the first Close frame.
    var activity: SessionActivity
    /// The direction that the client sends.
    let clientDirection: Direction
    /// Whether single segments matter besides their bytes, because messages wait for acknowledgments or a stall is
    /// watched.
    var watchesSegments = false
    /// Whether its messages are followed until they are acknowledged.
    let followsDeliveries: Bool
    /// Whether a layer carries it.
    let isCarried: Bool
    /// Whether TLS carries it.
    var isInsideTLS = false
    /// Who sent the first Close frame.
    var firstCloser: Role?
    /// The readyStates of both ends.
    var states: SessionReadyStates
    /// The memory that ``recount(_:)`` has counted, in bytes.
    var countedBytes: UInt32 = 0
    /// Its connection, and its stream within that.
    var id: SessionID
    /// The streams of the client and the server, by ``Role/index``.
    var streams: InlineArray<2, SessionStream>
    /// The round trips of Pings; nil before the first Pong.
    var roundTrips: RoundTripRecord?
    /// The TCP bytes that carry it, if a layer does; nil if TCP carries it itself.
    let carriers: CarrierMaps?
    /// The response that accepted the upgrade; nil if the capture lacks it.
    let accepted: AcceptedUpgrade?
    /// The identity of the session.
    let identity: SessionIdentity

    /// Opens a session: after an accepted upgrade, or in mid-stream if the capture lacks that.
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
        streams = InlineArray { index in
            let role: Role = index == 0 ? .client : .server
            let offset = beginning.offsets[role.direction(client: beginning.client).index]
            return SessionStream(
                sender: role, streamOffset: offset, negotiated, demand: demand, limits: limits)
        }
        let opened = beginning.opened ?? workspace.told
        let elapsed = workspace.elapsed(opened.time)
        states = SessionReadyStates(
            connectingAt: min(elapsed, beginning.requestElapsed ?? elapsed), openAt: elapsed)
        let end = beginning.offsets[Role.server.direction(client: beginning.client).index]
        accepted =
            beginning.extensions == nil
            ? nil : AcceptedUpgrade(origin: opened, end: beginning.isCarried ? nil : end)
        activity = SessionActivity(after: accepted?.origin.time ?? .never)
        recount(&workspace)
    }

    /// The role of the end that sends a direction.
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

    /// Takes the next bytes of a stream that TCP itself carries; ``receive(_:at:_:_:)`` takes those of any stream.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - source: Where they come from.
    ///   - workspace: What readers share.
    ///   - sink: The receiver of the events.
    mutating func take(
        _ bytes: Span<UInt8>, from source: Provenance, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        streams[source.index].traffic.wireBytes &+= UInt64(bytes.count)
        let pause = source.origin.time.nanoseconds(since: activity.last.byte)
        if UInt64(bitPattern: pause) > SessionActivity.shortestPause,
            lookAt(pause, before: bytes, from: source, &workspace, &sink)
        {
            streams[source.index].lastPacket = source.origin.packet
            return
        }
        streams[source.index].lastPacket = source.origin.packet
        let ownPause = source.origin.time.nanoseconds(since: activity.last.ofEnds[source.index])
        if UInt64(bitPattern: ownPause) > SessionActivity.shortestPause {
            record(ownPause, of: source.role, source.origin)
        }
        guard streams[source.index].search == nil || releasesRequest(bytes, from: source.role, &workspace) else {
            var context = workspace.context(id)
            streams[source.index].suspectPing(in: bytes, from: source)
            search(bytes, from: source, &context, &workspace, &sink)
            return
        }
        var input = ByteCursor(bytes)
        if !workspace.options.demand.includesFrames { passWhole(&input, from: source, &workspace) }
        guard !input.isEmpty else { return }
        var context = workspace.context(id)
        decode(input.rest, from: source, &context, &workspace, &sink)
    }

    /// Counts the next single-frame messages, if frames are not reported.
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

    /// Decodes bytes of a stream whose frame boundaries are known.
    mutating func decode(
        _ bytes: Span<UInt8>, from source: Provenance, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
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
                follow(whole.message, from: source, context, &workspace, &sink)
            } else if streams[source.index].decoder.isAtBeginning,
                passBeginning(&input, from: source, context, &workspace, &sink)
            {
                continue
            } else if let output = streams[source.index].decoder.next(&input, resources: &workspace.resources) {
                handle(output, from: source, &context, &workspace, &sink)
                guard followsDeliveries, case .message(let message) = output else { continue }
                follow(message, from: source, context, &workspace, &sink)
            } else {
                break
            }
        } while !input.isEmpty || streams[source.index].decoder.hasPending
        guard !bytes.isEmpty, streams[source.index].hasOpenBytes else { return }
        recordBytes(from: source)
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

    /// Counts a frame that is a whole message.
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

    /// Reports a frame that is a whole message.
    private mutating func report(
        _ whole: SingleFrameMessage, _ framePayload: Span<UInt8>, _ payload: Span<UInt8>, from source: Provenance,
        _ context: inout EventContext, _ sink: inout some EventSink & ~Copyable
    ) {
        let packet = whole.frame.origin.packet
        streams[source.index].messageFirstPacket = packet
        streams[source.index].fragment = 1
        let isInferred = streams[source.index].isInferred
        // It is already counted.
        let index = streams[source.index].nextMessageIndex &- 1
        states.show(in: &context.view)
        let frame = FrameEvent(
            from: source.role, frame: whole.frame, firstPacket: packet, payload: whole.framePayloadStatus, close: nil,
            answer: nil, fragment: 1, isInferred: isInferred, origin: source.origin, messageIndex: index)
        sink.receive(.frame(frame), at: context, payload: framePayload)
        let message = MessageEvent(
            from: source.role, message: whole.message, firstPacket: packet, isInferred: isInferred,
            origin: source.origin, index: index)
        sink.receive(.message(message), at: context, payload: payload)
    }

    @inline(__always)
    mutating func countFrame(_ opcode: Opcode, from role: Role, _ workspace: inout Workspace) {
        workspace.summary.frames &+= 1
        streams[role.index].traffic.frames &+= 1
        streams[role.index].traffic.framesByOpcode[Int(opcode.rawValue)] &+= 1
    }

    @inline(__always)
    mutating func countMessage(_ length: UInt64, from role: Role, _ workspace: inout Workspace) {
        workspace.summary.messages &+= 1
        workspace.summary.payloadBytes &+= length
        streams[role.index].traffic.messages &+= 1
        streams[role.index].traffic.payloadBytes &+= length
    }
}
