public import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// The trace: one JSON object a line, as `docs/trace-format.md` and `docs/trace.schema.json` define it.
///
/// Lines are written straight into the buffer; frames and messages cost no allocation.
public struct JSONLinesFormat: OutputFormat, Sendable, ~Copyable {
    /// What a trace shows of payloads.
    public struct Options: Hashable, Sendable {
        /// At most so many bytes of each payload.
        public var payload: PayloadLimit
        /// Whether data frames show their own bytes too, beside those of their message.
        public var framePayloads: Bool

        /// Makes options; all payloads in full, each once, unless told otherwise.
        public init(payload: PayloadLimit = .all, framePayloads: Bool = false) {
            self.payload = payload
            self.framePayloads = framePayloads
        }
    }

    /// The version of the format that the first line names.
    public static let version: UInt64 = 1

    /// What is printed and not drained yet.
    public var output: OutputBuffer
    /// Where the last line that has the number of a connection has it.
    private(set) var numberPlace = 0..<0
    let options: Options
    private var clock = RFC3339Clock()
    /// What is written of when and where the events of a packet happened, and of which packet.
    private var place = OutputBuffer(capacity: 128)
    private var latestPlace = (packet: UInt64.max, time: Timestamp(nanoseconds: 0))

    /// Makes the format.
    public init(options: Options = Options()) {
        self.options = options
        output = OutputBuffer()
    }

    /// Everything but the states of `-v`, with as much of the payloads as the options say.
    public var demand: EventDemand {
        var demand = EventDemand()
        demand.payload = PayloadDemand(bytes: options.payload.maximum, includesFrames: options.framePayloads)
        return demand
    }

    /// Prints an event as a line.
    public mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        switch event {
        case .capture(let start):
            begin("capture", at: context, hasConnection: false)
            write(start)
        case .connection(let start):
            begin("connection", at: context)
            write(start)
        case .segment:
            return
        case .handshake(let handshake):
            begin("handshake", at: context)
            write(handshake)
        case .frame(let frame):
            begin("frame", at: context)
            write(frame, payload: payload)
        case .message(let message):
            begin("message", at: context)
            write(message, payload: payload)
        case .gap(let gap):
            begin("gap", at: context)
            write(gap)
        case .resync(let resync):
            begin("resync", at: context)
            write(resync)
        case .delivery(let delivery):
            begin("delivery", at: context)
            write(delivery)
        case .finding(let finding):
            begin("finding", at: context)
            write(finding)
        case .end(let end):
            begin("end", at: context)
            write(end)
        case .summary(let summary):
            begin("summary", at: context, hasConnection: false)
            write(summary)
        }
        output.append("}\n")
    }

    /// Begins a line with the keys that every event has.
    private mutating func begin(_ kind: StaticString, at context: borrowing EventContext, hasConnection: Bool = true) {
        output.append("{\"event\":\"")
        output.append(kind)
        let (packet, time) = (context.packet, context.time)
        if latestPlace.packet != packet || latestPlace.time != time {
            latestPlace = (packet, time)
            writePlace(of: context)
        }
        output.append(contentsOf: place)
        if hasConnection {
            output.append(",\"connection\":")
            let start = output.count
            output.append(decimalOrNull: context.connection == 0 ? nil : context.connection)
            numberPlace = start..<output.count
        }
    }

    /// Notes the keys that are the same in all lines of a packet: most packets that have one have several.
    private mutating func writePlace(of context: borrowing EventContext) {
        place.removeAll()
        place.append("\",\"time\":\"")
        clock.append(context.time, to: &place)
        place.append("\",\"elapsed\":")
        place.append(seconds: context.elapsed)
        place.append(",\"packet\":")
        place.append(decimal: context.packet)
    }

    private mutating func write(_ start: borrowing CaptureStart) {
        output.append(",\"format\":\"wstap-trace\",\"version\":")
        output.append(decimal: Self.version)
        output.append(",\"sources\":[")
        var separator: StaticString = ""
        for source in start.sources {
            output.append(separator)
            output.append(jsonString: source)
            separator = ","
        }
        output.append("]")
    }

    private mutating func write(_ gap: borrowing Gap) {
        output.append(sender: gap.from)
        output.append(",\"stream_offset\":")
        output.append(decimal: gap.streamOffset)
        output.append(",\"length\":")
        output.append(decimalOrNull: gap.length)
    }

    private mutating func write(_ resync: borrowing Resync) {
        output.append(sender: resync.from)
        output.append(",\"stream_offset\":")
        output.append(decimal: resync.streamOffset)
        output.append(",\"gap_packet\":")
        output.append(decimal: resync.gapPacket)
        switch resync.confidence {
        case .proven: output.append(",\"confidence\":\"proven\",\"skipped\":")
        case .inferred: output.append(",\"confidence\":\"inferred\",\"skipped\":")
        }
        output.append(decimal: resync.skipped)
    }

    private mutating func write(_ delivery: borrowing Delivery) {
        output.append(sender: delivery.from)
        output.append(",\"message_packet\":")
        output.append(decimal: delivery.messagePacket)
        output.append(",\"last_byte_packet\":")
        output.append(decimal: delivery.lastBytePacket)
        output.append(",\"outcome\":")
        output.append(jsonString: delivery.outcome.rawValue)
        output.append(",\"acknowledged_packet\":")
        output.append(decimalOrNull: delivery.acknowledgedPacket)
        output.append(",\"acknowledged_after\":")
        output.append(secondsOrNull: delivery.acknowledgedAfter)
        output.append(",\"retransmissions\":")
        output.append(decimal: delivery.retransmissions)
    }

    private mutating func write(_ finding: borrowing Finding) {
        output.append(",\"rule\":")
        output.append(jsonString: finding.rule)
        output.append(",\"severity\":")
        output.append(jsonString: finding.severity.rawValue)
        output.append(",\"reference\":")
        output.append(jsonString: finding.reference)
        output.append(",\"text\":")
        output.append(jsonString: finding.text)
        output.append(sender: finding.from)
        output.append(",\"stream_offset\":")
        output.append(decimalOrNull: finding.streamOffset)
        output.append(",\"index\":")
        output.append(decimalOrNull: finding.frameIndex)
    }

    private mutating func write(_ summary: borrowing Summary) {
        output.append(",\"packets\":")
        output.append(decimal: summary.packets)
        output.append(",\"bytes\":")
        output.append(decimal: summary.bytes)
        output.append(",\"tcp_connections\":")
        output.append(decimal: summary.tcpConnections)
        output.append(",\"websocket_connections\":")
        output.append(decimal: summary.webSocketConnections)
        output.append(",\"frames\":")
        output.append(decimal: summary.frames)
        output.append(",\"messages\":")
        output.append(decimal: summary.messages)
        output.append(",\"payload_bytes\":")
        output.append(decimal: summary.payloadBytes)
        output.append(",\"findings\":{\"note\":")
        output.append(decimal: summary.notes)
        output.append(",\"warning\":")
        output.append(decimal: summary.warnings)
        output.append(",\"error\":")
        output.append(decimal: summary.errors)
        output.append("},\"gaps\":")
        output.append(decimal: summary.gaps)
        output.append(",\"unreadable_packets\":")
        output.append(decimal: summary.unreadablePackets)
        if summary.connectionsGivenUp > 0 {
            output.append(",\"connections_given_up\":")
            output.append(decimal: summary.connectionsGivenUp)
        }
        output.append(",\"duration\":")
        output.append(seconds: summary.duration)
        output.append(",\"patterns\":")
        output.append(json: summary.patterns)
        if summary.uncomparedSessions > 0 {
            output.append(",\"uncompared_sessions\":")
            output.append(decimal: summary.uncomparedSessions)
        }
        if summary.forgottenTimes > 0 {
            output.append(",\"forgotten_times\":")
            output.append(decimal: summary.forgottenTimes)
        }
        if let losses = summary.losses { output.append(json: losses) }
    }
}

extension OutputBuffer {
    /// Appends `,"from":` and who it was; null where it was nobody.
    mutating func append(sender: Role?) {
        switch sender {
        case .client: append(",\"from\":\"client\"")
        case .server: append(",\"from\":\"server\"")
        case nil: append(",\"from\":null")
        }
    }

    /// Appends a number or null.
    mutating func append(decimalOrNull value: UInt64?) {
        if let value { append(decimal: value) } else { append("null") }
    }

    /// Appends nanoseconds as seconds, or null.
    mutating func append(secondsOrNull nanoseconds: Int64?) {
        if let nanoseconds { append(seconds: nanoseconds) } else { append("null") }
    }

    /// Appends true or false.
    mutating func append(boolean value: Bool) {
        if value { append("true") } else { append("false") }
    }
}
