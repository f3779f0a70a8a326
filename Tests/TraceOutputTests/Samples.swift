import CaptureAnalysis
import WireFormat

@testable import CaptureAnalysis
@testable import PacketDecoding
@testable import TCPReassembly
@testable import TraceOutput
@testable import WebSocketProtocol

/// Handmade events: one session between two ends, with the differences that a test needs.
enum Samples {
    /// 2026-11-20T17:24:00Z, the time of the first packet.
    static let start: Int64 = 1_795_195_440_000_000_000
    static let client = Endpoint(address: IPAddress(ipv4: 0x0a00_0007), port: 53412)
    static let server = Endpoint(address: IPAddress(ipv4: 0x0a00_0009), port: 8080)

    static let identity = identity(client)

    static func identity(_ client: Endpoint, asking url: String? = nil) -> SessionIdentity {
        SessionIdentity(
            client: client, server: server, url: url,
            opening: .init(initiatorSequence: 1000, responderSequence: 5000, time: time(0)))
    }

    /// Stands for the packet of the call in which an event is passed.
    static let callersPacket = Origin(packet: 0, time: Timestamp(nanoseconds: 0))

    static func context(
        packet: UInt64, microseconds: Int64, connection: UInt64 = 1, stream: UInt64? = nil, sender: Role? = .client
    ) -> EventContext {
        EventContext(
            packet: packet, time: time(microseconds), elapsed: microseconds * 1000,
            session: SessionID(connection: connection, stream: stream),
            view: ConnectionView(
                sender: sender, sequence: 1001, acknowledgment: 5001, clientState: .established,
                serverState: .established, clientReadyState: .open, serverReadyState: .open),
            turn: packet)
    }

    static func time(_ microseconds: Int64) -> Timestamp { Timestamp(nanoseconds: start + microseconds * 1000) }

    static func connection(opening: ConnectionStart.Opening = .handshake, client: Endpoint = client) -> Event {
        var tcp = ConnectionStart.ThreeWayHandshake()
        if opening == .handshake {
            tcp.syn = .init(packet: 1, time: time(0), sequence: 1000)
            tcp.synAck = .init(packet: 2, time: time(112), sequence: 5000, acknowledgment: 1001)
            tcp.ack = .init(packet: 3, time: time(131), sequence: 1001, acknowledgment: 5001)
            tcp.isClientInitiator = true
        }
        return .connection(
            ConnectionStart(
                client: client, server: server, opening: opening, linkType: .ethernet, interface: nil, tcp: tcp,
                identity: identity(client)))
    }

    static func handshake(
        status: Int? = 101, host: String = "chat.example", target: String = "/room?id=7", subprotocol: String? = "chat",
        fields: [HTTPField] = [HTTPField(name: "Host", value: "chat.example")], isAcceptValid: Bool? = true,
        offered: [String] = ["permessage-deflate"], hasRequest: Bool = true
    ) -> Event {
        let isAccepted = status == 101
        let parameter = WebSocketExtension.Parameter(name: "server_no_context_takeover", value: nil)
        let offered = offered.map { WebSocketExtension(name: $0, parameters: []) }
        return .handshake(
            Handshake(
                isAccepted: isAccepted, status: status, url: hasRequest ? "ws://\(host)\(target)" : "",
                target: hasRequest ? target : "", host: hasRequest ? host : "",
                httpVersion: "1.1", version: 13, requestHeader: HTTPFields(fields), responseHeader: HTTPFields([]),
                subprotocol: isAccepted ? subprotocol : nil, offeredExtensions: offered,
                extensions: isAccepted ? [.init(name: "permessage-deflate", parameters: [parameter])] : [],
                isAcceptValid: isAccepted ? isAcceptValid : nil, requestPacket: 4,
                responsePacket: status == nil ? nil : 5, responseTime: status == nil ? nil : 728_000,
                requestElapsed: 402_000, method: hasRequest ? "GET" : "",
                responseHTTPVersion: status == nil ? nil : "1.1", identity: identity))
    }

    static func frame(
        _ from: Role, _ opcode: Opcode, length: UInt64, fin: Bool = true, rsv: UInt8 = 0, fragment: UInt64? = nil,
        payload: PayloadStatus = .whole, close: CloseBody? = nil, answer: FrameEvent.Answer? = nil,
        missing: UInt64 = 0, isInferred: Bool = false, origin: Origin = callersPacket
    ) -> Event {
        let header = FrameHeader(
            firstByte: (fin ? 0x80 : 0) | rsv | opcode.rawValue, maskingKey: from == .client ? 0x37fa_213d : nil,
            payloadLength: length, hasMinimalLength: true, byteCount: from == .client ? 6 : 2)
        return .frame(
            FrameEvent(
                from: from, frame: Frame(header: header, streamOffset: 180, index: 3, missing: missing), firstPacket: 6,
                payload: payload, close: close, answer: answer,
                fragment: fragment ?? (opcode.isControl ? 0 : 1), isInferred: isInferred, origin: origin,
                messageIndex: opcode.isControl || opcode.isReserved ? nil : 2))
    }

    static func message(
        _ from: Role, isText: Bool = true, length: UInt64?, frames: UInt64 = 1, isComplete: Bool = true,
        isCompressed: Bool = false, wireLength: UInt64? = nil, payload: PayloadStatus = .whole,
        isValidUTF8: Bool = true, isInferred: Bool = false, origin: Origin = callersPacket
    ) -> Event {
        .message(
            MessageEvent(
                from: from,
                message: Message(
                    isText: isText, streamOffset: 180, isComplete: isComplete, frameCount: frames,
                    isCompressed: isCompressed, wireLength: wireLength ?? length ?? 0, length: length,
                    payload: payload, isValidUTF8: isValidUTF8),
                firstPacket: 6, isInferred: isInferred, origin: origin, index: 2))
    }

    static func delivery(_ outcome: Delivery.Outcome = .acknowledged, retransmissions: UInt64 = 0) -> Delivery {
        let isAcknowledged = outcome == .acknowledged
        return Delivery(
            from: .client, messagePacket: 9, lastBytePacket: 8, outcome: outcome,
            acknowledgedPacket: isAcknowledged ? 12 : nil, acknowledgedAfter: isAcknowledged ? 43_000_000 : nil,
            retransmissions: retransmissions)
    }

    static func finding(
        _ severity: Finding.Severity = .error, text: String = "The client did not mask a frame.", from: Role? = .client,
        rule: String = "masking.client-unmasked"
    ) -> Event {
        .finding(
            Finding(
                rule: rule, severity: severity, reference: "RFC 6455 5.1", text: text, from: from, streamOffset: 180))
    }

    /// The TLS facts of a connection of which one end's bytes could not be decrypted.
    static func undecrypted(_ role: Role) -> SessionEnd.TLS {
        SessionEnd.TLS(fatalAlert: nil, clientHasClosed: false, serverHasClosed: false, undecrypted: role)
    }

    static func end(
        by: SessionEnd.Verdict.Party = .client, _ layer: SessionEnd.Verdict.Layer = .closeFrame, isClean: Bool = true,
        code: UInt16? = 1000, reason: String? = "bye", sees: (UInt16?, UInt16?) = (1000, 1000),
        silence: Int64? = 5_000_000_000, unansweredPings: UInt64 = 0, failure: SessionEnd.Failure? = nil,
        timeout: SessionEnd.Unanswered? = nil, tls: SessionEnd.TLS? = nil, origin: Origin? = nil,
        compression: (client: SessionEnd.Compression, server: SessionEnd.Compression)? = nil
    ) -> Event {
        var traffic = SessionEnd.Traffic(frames: 3, messages: 1, payloadBytes: 12, wireBytes: 40)
        traffic.framesByOpcode[1] = 1
        traffic.framesByOpcode[8] = 1
        traffic.framesByOpcode[10] = 1
        var reply = SessionEnd.Traffic(frames: 4, messages: 1, payloadBytes: 168, wireBytes: 180)
        reply.framesByOpcode[3] = 4
        reply.messageInterval = .init(
            count: 2, min: 1_000_000, p50: 1_000_000, p90: 3_000_000, p99: 3_000_000, max: 3_000_000)
        return .end(
            SessionEnd(
                identity: identity(client, asking: "ws://chat.example/room?id=7"),
                verdict: .init(
                    by: by, layer: layer, isClean: isClean, code: code.map(CloseCode.init(rawValue:)), reason: reason,
                    failure: failure, clientEvent: closeEvent(sees.0, reason, isClean),
                    serverEvent: closeEvent(sees.1, reason, isClean), silence: silence,
                    unansweredPings: unansweredPings, timeout: timeout, tls: tls),
                clientReadyStates: [
                    .init(state: .connecting, elapsed: 402_000), .init(state: .open, elapsed: 1_130_000),
                ],
                serverReadyStates: [.init(state: .open, elapsed: 1_130_000)], duration: 5_002_520_000,
                fromClient: traffic, fromServer: reply,
                pingRoundTrip: .init(count: 1, min: 90_000, p50: 90_000, p90: 90_000, p99: 90_000, max: 90_000),
                tcp: .init(
                    retransmittedSegments: 1, outOfOrderSegments: 2, duplicateSegments: 3, gapBytes: 0,
                    finPackets: [13, 14],
                    resetPacket: nil, resetFrom: nil, unanswered: timeout),
                compression: compression, origin: origin))
    }

    static func pattern(
        by: SessionEnd.Verdict.Party = .server, _ layer: SessionEnd.Verdict.Layer = .rst,
        silence: ClosedRange<Int64>? = 59_900_000_000...60_140_000_000, lifetime: ClosedRange<Int64>? = nil,
        isSilentThroughout: Bool = false, silentEnd: Role? = nil, isAtOnce: Bool = false
    ) -> EndingPattern {
        EndingPattern(
            server: IPAddress(ipv4: 0x0a00_0009), by: by, layer: layer, sessions: 14, ended: 15, silence: silence,
            lifetime: lifetime, isSilentThroughout: isSilentThroughout, silentEnd: silentEnd, isAtOnce: isAtOnce)
    }

    private static func closeEvent(_ code: UInt16?, _ reason: String?, _ wasClean: Bool) -> CloseEvent? {
        code.map {
            CloseEvent(code: CloseCode(rawValue: $0), reason: $0 == 1006 ? "" : reason, wasClean: wasClean)
        }
    }

    static func summary() -> Event {
        var summary = Summary()
        summary.packets = 14
        summary.bytes = 1234
        summary.tcpConnections = 2
        summary.webSocketConnections = 1
        summary.frames = 7
        summary.messages = 2
        summary.payloadBytes = 180
        summary.errors = 1
        summary.duration = 5_002_520_000
        summary.others.tls = 1
        return .summary(summary)
    }
}

/// A call of a sink.
struct Call {
    var event: Event
    var context: EventContext
    var payload: [UInt8] = []

    init(
        _ packet: UInt64, _ microseconds: Int64, _ event: Event, _ payload: String = "", connection: UInt64 = 1,
        stream: UInt64? = nil
    ) {
        self.init(packet, microseconds, event, bytes: Array(payload.utf8), connection: connection, stream: stream)
    }

    init(
        _ packet: UInt64, _ microseconds: Int64, _ event: Event, bytes: [UInt8], connection: UInt64 = 1,
        stream: UInt64? = nil
    ) {
        let sender: Role? =
            switch event {
            case .frame(let frame): frame.from
            case .message(let message): message.from
            case .handshake: .server
            default: .client
            }
        self.event = event
        context = Samples.context(
            packet: packet, microseconds: microseconds, connection: connection, stream: stream, sender: sender)
        payload = bytes
        let origin = Origin(packet: packet, time: context.time)
        switch event {
        case .frame(var frame) where frame.origin == Samples.callersPacket:
            frame.origin = origin
            self.event = .frame(frame)
        case .message(var message) where message.origin == Samples.callersPacket:
            message.origin = origin
            self.event = .message(message)
        default: break
        }
    }

    static let capture = Call(
        0, 0, .capture(CaptureStart(sources: ["a.pcap"], start: Samples.time(0))), connection: 0)
    static let summary = Call(14, 5_002_520, Samples.summary(), connection: 0)
}

extension OutputBuffer {
    /// The buffer's content as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    var bytes: [UInt8] {
        withBytes { span in span.withUnsafeBufferPointer { Array($0) } }
    }
}

extension OutputFormat where Self: ~Copyable {
    mutating func receive(_ calls: [Call]) {
        for call in calls { receive(call.event, at: call.context, payload: call.payload.span) }
    }
}

/// The output of calls through a format.
func printed<Format: OutputFormat & ~Copyable>(_ calls: [Call], as format: consuming Format) -> String {
    format.receive(calls)
    return format.output.text
}

/// The output of calls through a filter and a format.
func printed<Format: OutputFormat & ~Copyable>(
    _ calls: [Call], as format: consuming Format, filter: EventFilter
) throws -> String {
    var filtered = try FilteredOutput(format, filter: filter)
    filtered.receive(calls)
    return filtered.output.text
}

/// Prints each event's kind and connection on a line.
struct KindsFormat: OutputFormat, ~Copyable {
    var output = OutputBuffer()
    var demand: EventDemand { EventDemand() }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        output.append(verbatim: "\(EventKind(event).rawValue) \(context.connection)\n")
    }
}
