import CaptureAnalysis
import TraceOutput
import WebSocketProtocol
import WireFormat

/// The rows for a session's frames and messages, most of a database.
extension DatabaseFormat {
    func add(
        _ event: borrowing MessageEvent, at context: borrowing EventContext, payload: Span<UInt8>, to tables: Tables
    ) {
        let row = tables.message
        let message = event.message
        row.bind(context.session.rowID)
        // No packet completed a message that was cut off.
        row.bind(message.isComplete ? context.packet : event.origin.packet)
        row.bind(event.origin.packet)
        row.bind(event.origin.time.nanoseconds)
        row.bind(role: event.from)
        row.bind(event.index)
        row.bind(message.streamOffset)
        if message.isText { row.bind(word: "text") } else { row.bind(word: "binary") }
        row.bind(message.isComplete)
        row.bind(message.frameCount)
        row.bind(message.isCompressed)
        row.bind(message.wireLength)
        row.bind(message.length)
        row.bind(event.firstPacket)
        row.bind(event.isInferred)
        bind(payload, message.payload, isText: message.isText && message.isValidUTF8, to: row, tables.payloads)
        tables.add(row)
    }

    func add(
        _ event: borrowing FrameEvent, at context: borrowing EventContext, payload: Span<UInt8>, to tables: Tables
    ) {
        let row = tables.frame
        let frame = event.frame
        let header = frame.header
        row.bind(context.session.rowID)
        row.bind(context.packet)
        row.bind(event.origin.packet)
        row.bind(event.origin.time.nanoseconds)
        row.bind(role: event.from)
        row.bind(frame.index)
        row.bind(event.messageIndex)
        row.bind(frame.streamOffset)
        row.bind(name: header.opcode)
        row.bind(UInt64(header.opcode.rawValue))
        row.bind(header.fin)
        row.bind(header.rsv1)
        row.bind(header.rsv2)
        row.bind(header.rsv3)
        row.bind(header.maskingKey.map { UInt64($0) })
        row.bind(header.payloadLength)
        row.bind(frame.missing)
        row.bind(event.firstPacket)
        row.bind(event.isInferred)
        if let close = event.close {
            row.bind((close.code?.rawValue).map { UInt64($0) })
            row.bind(close.reason)
        } else {
            row.bindNull()
            row.bindNull()
        }
        if let answer = event.answer {
            row.bind(answer.pingPacket)
            row.bind(answer.roundTrip)
        } else {
            row.bindNull()
            row.bindNull()
        }
        if header.opcode.isControl || options.framePayloads {
            bind(payload, event.payload, isText: false, to: row)
        } else {
            row.bindNull()
            row.bind(false)
            row.bindNull()
        }
        tables.add(row)
    }

    /// Binds why a payload is withheld, whether it is cut, and its bytes; only their number, if they go to a file.
    private func bind(
        _ payload: Span<UInt8>, _ status: PayloadStatus, isText: Bool, to row: Statement,
        _ file: (any PayloadSink)? = nil
    ) {
        if case .withheld(let reason) = status {
            row.bind(reason.rawValue)
            row.bind(false)
            return row.bindNull()
        }
        row.bindNull()
        let limit = options.payload.maximum
        let isCut = status == .truncated || payload.count > limit
        row.bind(isCut)
        var shown = payload.extracting(first: limit)
        if isText && isCut { shown = shown.extracting(first: shown.countOfWholeScalars) }
        guard let file else { return row.bind(shown, isText: isText) }
        file.append(shown)
        row.bind(Int64(shown.count))
    }

    func add(_ finding: borrowing Finding, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.finding
        if context.session.connection == 0 { row.bindNull() } else { row.bind(context.session.rowID) }
        let place = context.place(of: finding.origin)
        row.bind(place.packet)
        row.bind(place.time.nanoseconds)
        row.bind(finding.rule)
        row.bind(finding.severity.rawValue)
        row.bind(finding.reference)
        row.bind(finding.text)
        row.bind(role: finding.from)
        row.bind(finding.streamOffset)
        row.bind(finding.frameIndex)
        tables.add(row)
    }

    func add(_ gap: borrowing Gap, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.gap
        row.bind(context.session.rowID)
        row.bind(context.packet)
        row.bind(context.time.nanoseconds)
        row.bind(role: gap.from)
        row.bind(gap.streamOffset)
        row.bind(gap.length)
        tables.add(row)
    }

    func add(_ resync: borrowing Resync, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.resumption
        row.bind(context.packet)
        row.bind(resync.streamOffset)
        row.bind(resync.confidence.rawValue)
        row.bind(resync.skipped)
        row.bind(context.session.rowID)
        row.bind(resync.gapPacket)
        row.bind(role: resync.from)
        tables.add(row)
    }

    func add(_ delivery: borrowing Delivery, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.delivery
        row.bind(context.session.rowID)
        row.bind(context.packet)
        row.bind(context.time.nanoseconds)
        row.bind(role: delivery.from)
        row.bind(delivery.messagePacket)
        row.bind(delivery.lastBytePacket)
        row.bind(delivery.outcome.rawValue)
        row.bind(delivery.acknowledgedPacket)
        row.bind(delivery.acknowledgedAfter)
        row.bind(delivery.retransmissions)
        tables.add(row)
    }
}

extension Statement {
    /// Binds an opcode's name.
    @inline(__always)
    fileprivate func bind(name opcode: Opcode) {
        switch opcode {
        case .continuation: bind(word: "continuation")
        case .text: bind(word: "text")
        case .binary: bind(word: "binary")
        case .close: bind(word: "close")
        case .ping: bind(word: "ping")
        case .pong: bind(word: "pong")
        default: bind(opcode.name)
        }
    }
}
