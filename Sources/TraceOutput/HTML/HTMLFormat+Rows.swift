import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// Messages, control frames, findings and gaps: the rows of the page's list.
extension HTMLFormat {
    mutating func record(_ event: borrowing MessageEvent, at context: borrowing EventContext, payload: Span<UInt8>) {
        let message = event.message
        var row = ReportRow(
            kind: (message.isText ? Opcode.text : .binary).rawValue | Self.side(event.from),
            elapsed: event.origin.elapsed(at: context), packet: event.origin.packet,
            length: message.length.map { $0 &+ 1 } ?? 0, extra: message.wireLength, frames: message.frameCount)
        if !message.isComplete { row.flags.insert(.isIncomplete) }
        if message.isCompressed { row.flags.insert(.isCompressed) }
        if message.isText && message.isValidUTF8 { row.flags.insert(.isText) }
        if event.isInferred { row.flags.insert(.isInferred) }
        append(row, message.payload, payload, of: context.session)
    }

    mutating func record(_ event: borrowing FrameEvent, at context: borrowing EventContext, payload: Span<UInt8>) {
        let header = event.frame.header
        // The payload of data frames is in their message.
        guard header.opcode.isControl || header.opcode.isReserved else { return }
        var row = ReportRow(
            kind: header.opcode.rawValue | Self.side(event.from), elapsed: event.origin.elapsed(at: context),
            packet: event.origin.packet, length: header.payloadLength &+ 1, frames: 1)
        if let trip = event.answer?.roundTrip, trip >= 0 { row.extra = UInt64(trip) &+ 1 }
        if event.frame.missing > 0 { row.flags.insert(.isIncomplete) }
        if header.opcode != .close, payload.isValidUTF8 { row.flags.insert(.isText) }
        if event.isInferred { row.flags.insert(.isInferred) }
        append(row, event.payload, payload, of: context.session)
    }

    mutating func record(_ finding: borrowing Finding, at context: borrowing EventContext) {
        let (kind, place) =
            switch finding.severity {
            case .note: (ReportRow.Kind.note, 0)
            case .warning: (ReportRow.Kind.warning, 1)
            case .error: (ReportRow.Kind.error, 2)
            }
        open[context.session]?.findings[place] &+= 1
        guard findingRows < Self.maximumFindings else {
            findingsLeftOut += 1
            return
        }
        findingRows += 1
        append(
            ReportRow(
                kind: kind | Self.side(finding.from), elapsed: context.elapsed(of: finding.origin),
                packet: context.place(of: finding.origin).packet),
            text: "\(finding.rule): \(finding.text) (\(finding.reference))", of: context.session)
    }

    mutating func record(_ gap: borrowing Gap, at context: borrowing EventContext) {
        let row = ReportRow(
            kind: ReportRow.Kind.gap | Self.side(gap.from), elapsed: context.elapsed, packet: context.packet,
            length: gap.length.map { $0 &+ 1 } ?? 0)
        guard hasRoom() else { return }
        append(row, of: context.session)
    }

    mutating func record(_ resync: borrowing Resync, at context: borrowing EventContext) {
        let kind = ReportRow.Kind.resync | Self.side(resync.from)
        guard hasRoom() else { return }
        append(ReportRow(kind: kind, elapsed: context.elapsed, packet: context.packet), of: context.session)
    }

    /// Adds a row with the report's own text, which the budget does not count.
    mutating func append(_ row: ReportRow, text: String, of session: SessionID) {
        var row = row
        row.flags.insert(.isText)
        row.kept = UInt64(text.utf8.count) &+ 1
        payloadBlock.bytes.append(verbatim: text)
        append(row, of: session)
    }

    /// Adds a message or frame, with as much of its payload as the budget allows.
    private mutating func append(
        _ row: ReportRow, _ status: PayloadStatus, _ payload: Span<UInt8>, of session: SessionID
    ) {
        guard hasRoom() else { return }
        var row = row
        if case .withheld(let reason) = status {
            row.flags.formUnion(.init(rawValue: Self.code(of: reason) << 4))
        } else if row.length != 1 {
            let share = max(budgetLeft / Self.budgetShare, Self.leastPayload)
            let limit = min(options.payload.maximum, budgetLeft, share)
            let shown = payload.extracting(first: limit)
            if shown.isEmpty {
                // Some have nothing to keep: payloads of reserved opcodes are not decoded, and other bytes were not
                // captured.
                let isReserved = Opcode(rawValue: row.kind & 0xf).isReserved
                if !isReserved, !payload.isEmpty || status == .truncated { payloadsLeftOut += 1 }
            } else {
                if status == .truncated || shown.count < payload.count {
                    row.flags.insert(.isCut)
                    payloadsCut += 1
                }
                row.kept = UInt64(shown.count) &+ 1
                budgetLeft -= shown.count
                payloadBlock.bytes.append(shown)
            }
        }
        append(row, of: session)
    }

    private mutating func append(_ row: ReportRow, of session: SessionID) {
        var row = row
        if let session = open[session] { row.session = session.place &+ 1 }
        columns.append(row)
        rows += 1
        if columns.isFull { writeRows() }
        if payloadBlock.bytes.count >= Self.blockSize { writePayloads() }
    }

    mutating func writeRows() {
        columns.write(into: &rowBlock)
        rowBlock.write(into: &output)
    }

    mutating func writePayloads() {
        payloadBlock.write(into: &output, firstRow: firstPayloadRow)
        firstPayloadRow = rows
    }

    /// Whether there is room for another row; counts it as left out if not.
    private mutating func hasRoom() -> Bool {
        if rows < Self.maximumRows { return true }
        rowsLeftOut += 1
        return false
    }

    private static func side(_ role: Role?) -> UInt8 {
        switch role {
        case .client: 0
        case .server: ReportRow.Kind.ofServer
        case nil: ReportRow.Kind.ofNobody
        }
    }

    /// A number for each reason, in the order of the page's texts for them.
    private static func code(of reason: PayloadWithheld) -> UInt8 {
        switch reason {
        case .contextLost: 1
        case .bomb: 2
        case .incomplete: 3
        case .undecodedExtension: 4
        }
    }
}
