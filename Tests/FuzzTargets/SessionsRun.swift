import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// Analyses a session whose packets are made here, so that every input reaches its frames.
///
/// Input: a byte of settings (bit 0: permessage-deflate; 1: the capture lacks the upgrade), then the session's pieces,
/// the client's and the server's in turn: a byte of settings (bit 0: not in the capture; 1: after the next; 2: a snap
/// length cut half of it; 3: sent twice; 4: FIN; 5: acknowledges everything that the other end sent; 6: a second has
/// passed), its length in two bytes, its bytes. The segments of a piece that is cut are sent at once.
struct SessionsRun {
    private struct Piece {
        let settings: UInt8
        let from: Role
        let bytes: [UInt8]
    }

    private let settings: UInt8
    private var pieces: [Piece] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        settings = input.byte()
        var from = Role.client
        while input.count > 0 {
            let settings = input.byte()
            pieces.append(Piece(settings: settings, from: from, bytes: input.take(Int(input.short()))))
            from = from == .client ? .server : .client
        }
    }

    /// Analyses the session; if nothing is lost, the events do not depend on how it is cut.
    func check() throws(Disagreement) {
        let whole = reported(.whole)
        guard settings & 2 == 0, pieces.allSatisfy({ $0.settings & 0xbf == 0 }) else { return }
        for cutting in [Cutting.byteByByte, .random] {
            let reported = reported(cutting)
            // A bomb is judged by the bytes so far, which are more if pieces are longer.
            guard reported != whole, !(reported + whole).contains(where: \.isBomb) else { continue }
            let place = zip(reported, whole).prefix { $0 == $1 }.count
            throw Disagreement(
                words: "cut \(cutting): \(reported[place...].prefix(2)), whole: \(whole[place...].prefix(2))")
        }
    }

    private func reported(_ cutting: Cutting) -> [SessionEvents.Report] {
        var conversation = MadeConversation()
        if settings & 2 == 0 {
            let deflate = settings & 1 == 0 ? "" : "Sec-WebSocket-Extensions: permessage-deflate\r\n"
            conversation.open()
            conversation.send(
                Array(
                    """
                    GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(deflate)\r\n
                    """.utf8), from: .client)
            conversation.send(
                Array(
                    """
                    HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\(deflate)\r\n
                    """.utf8), from: .server)
        }
        for piece in pieces {
            if piece.settings & 64 != 0 { conversation.pause() }
            let last = cutting.pieces(of: piece.bytes).count - 1
            for (index, bytes) in cutting.pieces(of: piece.bytes).enumerated() {
                conversation.send(
                    bytes, from: piece.from, settings: index == last ? piece.settings : 0, atOnce: index > 0)
            }
        }
        return SessionEvents.of(conversation.packets)
    }
}

/// The events of sessions, without packet numbers and times.
struct SessionEvents: EventSink {
    enum Report: Equatable {
        case frame(FrameHeader, at: UInt64, payload: [UInt8])
        case message(Message, payload: [UInt8])
        case finding(rule: String, at: UInt64?)
        case gap(UInt64?)

        var isBomb: Bool {
            if case .finding("deflate.bomb", _) = self { true } else { false }
        }
    }

    private var reported: [Report] = []

    /// Analyses packets to the capture's end.
    static func of(_ packets: [MadeConversation.Packet]) -> [Report] {
        var options = AnalysisOptions()
        options.secret = 7
        options.limits.stream.inflatedMessage = 1 << 18
        options.limits.stream.inflateRatio = 64
        options.limits.stream.ratioThreshold = 1 << 14
        options.limits.keptPayload = 1 << 20
        var pipeline = Pipeline(options: options)
        var events = SessionEvents()
        for (index, packet) in packets.enumerated() {
            let captured = CapturedPacket(
                number: UInt64(index + 1), time: packet.time, linkType: .ipv4,
                originalLength: packet.bytes.count + packet.cut, bytes: packet.bytes.span)
            pipeline.receive(captured, into: &events)
        }
        pipeline.finish(into: &events)
        return events.reported
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch copy event {
        case .frame(let event):
            reported.append(.frame(event.frame.header, at: event.frame.streamOffset, payload: Array(copying: payload)))
        case .message(let event): reported.append(.message(event.message, payload: Array(copying: payload)))
        case .finding(let finding): reported.append(.finding(rule: finding.rule, at: finding.streamOffset))
        case .gap(let gap): reported.append(.gap(gap.length))
        default: break
        }
    }
}
