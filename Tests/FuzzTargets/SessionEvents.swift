import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// What an analysis tells of sessions, without packet numbers and times.
struct SessionEvents: EventSink {
    enum Told: Equatable {
        case frame(FrameHeader, at: UInt64, payload: [UInt8])
        case message(Message, payload: [UInt8])
        case finding(rule: String, at: UInt64?)
        case gap(UInt64?)
    }

    private var told: [Told] = []

    /// Analyses packets to the capture's end.
    static func of(_ packets: [MadeConversation.Packet]) -> [Told] {
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
        return events.told
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch copy event {
        case .frame(let event):
            told.append(.frame(event.frame.header, at: event.frame.streamOffset, payload: Array(copying: payload)))
        case .message(let event): told.append(.message(event.message, payload: Array(copying: payload)))
        case .finding(let finding): told.append(.finding(rule: finding.rule, at: finding.streamOffset))
        case .gap(let gap): told.append(.gap(gap.length))
        default: break
        }
    }
}
