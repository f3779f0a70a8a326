package import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// The trace: one JSON object per line, as defined by `docs/trace-format.md` and `docs/trace.schema.json`.
///
/// Lines are written straight into the buffer; frames and messages need no allocation.
package struct JSONLinesFormat: OutputFormat, Sendable, ~Copyable {
    /// How much of the payloads a trace shows.
    package struct Options: Hashable, Sendable {
        /// The most bytes of each payload.
        package var payload: PayloadLimit
        /// Whether data frames show their own bytes, in addition to their message's.
        package var framePayloads: Bool

        /// Creates options; by default each payload is shown once, in full.
        package init(payload: PayloadLimit = .all, framePayloads: Bool = false) {
            self.payload = payload
            self.framePayloads = framePayloads
        }
    }

    /// The version of the format, named in the first line.
    static let version: UInt64 = 1

    /// What is printed but not drained yet.
    package var output: OutputBuffer
    /// The offset of the connection's number in the last line that has one.
    private(set) var numberPlace = 0..<0
    let options: Options
    var clock = RFC3339Clock()
    /// The time and packet keys that all lines of a packet share, and the packet and time that they belong to.
    private var place = OutputBuffer(capacity: 128)
    private(set) var latestPlace = (packet: UInt64.max, time: Timestamp(nanoseconds: 0))

    /// Creates the format.
    package init(options: Options = Options()) {
        self.options = options
        output = OutputBuffer()
    }

    /// Everything except the states of `-v`, with as much of the payloads as the options say.
    package var demand: EventDemand {
        var demand = EventDemand()
        demand.payload = PayloadDemand(bytes: options.payload.maximum, includesFrames: options.framePayloads)
        return demand
    }

    /// Prints an event as a line.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        switch event {
        case .capture(let start):
            begin("capture", at: context, hasConnection: false)
            write(start)
        case .connection(let start):
            begin("connection", at: context)
            write(start)
        case .segment, .encrypted, .exchange:
            return
        case .handshake(let handshake):
            begin("handshake", at: context)
            write(handshake)
        case .alert(let alert):
            begin("alert", at: context)
            write(alert)
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
        output.append(JSONRun.line)
        output.append(kind)
        let (packet, time) = (context.packet, context.time)
        if latestPlace.packet != packet || latestPlace.time != time {
            latestPlace = (packet, time)
            writePlace(of: context)
        }
        output.append(contentsOf: place)
        if hasConnection {
            output.append(.connection)
            let start = output.count
            let session = context.session
            output.append(decimalOrNull: session.connection == 0 ? nil : session.connection)
            numberPlace = start..<output.count
            if let stream = session.stream { output.write(.stream, stream) }
        }
    }

    /// Caches the keys that all lines of a packet share: most packets that have a line have several.
    private mutating func writePlace(of context: borrowing EventContext) {
        place.removeAll()
        place.append(JSONRun.time)
        clock.append(context.time, to: &place)
        place.append(JSONRun.elapsed)
        place.append(seconds: context.elapsed)
        place.write(.packet, context.packet)
    }

    private mutating func write(_ start: borrowing CaptureStart) {
        output.write(.format, "wstap-trace")
        output.write(.version, Self.version)
        output.writeArray(.sources, start.sources) { output, source in output.append(jsonString: source) }
        output.write(.start, seconds: start.start?.nanoseconds)
    }

    private mutating func write(_ gap: borrowing Gap) {
        output.append(sender: gap.from)
        output.write(.streamOffset, gap.streamOffset)
        output.write(.length, gap.length)
    }

    private mutating func write(_ resync: borrowing Resync) {
        output.append(sender: resync.from)
        output.write(.streamOffset, resync.streamOffset)
        output.write(.gapPacket, resync.gapPacket)
        switch resync.confidence {
        case .proven: output.write(.confidence, "proven")
        case .inferred: output.write(.confidence, "inferred")
        }
        output.write(.skipped, resync.skipped)
    }

    private mutating func write(_ delivery: borrowing Delivery) {
        output.append(sender: delivery.from)
        output.write(.messagePacket, delivery.messagePacket)
        output.write(.lastBytePacket, delivery.lastBytePacket)
        output.write(.outcome, delivery.outcome.rawValue)
        output.write(.acknowledgedPacket, delivery.acknowledgedPacket)
        output.write(.acknowledgedAfter, seconds: delivery.acknowledgedAfter)
        output.write(.retransmissions, delivery.retransmissions)
    }

    private mutating func write(_ finding: borrowing Finding) {
        output.write(.rule, finding.rule)
        output.write(.severity, finding.severity.rawValue)
        output.write(.reference, finding.reference)
        output.write(.text, finding.text)
        output.append(sender: finding.from)
        output.write(.streamOffset, finding.streamOffset)
        output.write(.index, finding.frameIndex)
        if let origin = finding.origin { write(origin) }
    }
}

extension OutputBuffer {
    /// Appends `from` and the sender; null if there is none.
    mutating func append(sender: Role?) {
        switch sender {
        case .client: append(JSONRun.fromClient)
        case .server: append(JSONRun.fromServer)
        case nil: writeNull(.from)
        }
    }
}
