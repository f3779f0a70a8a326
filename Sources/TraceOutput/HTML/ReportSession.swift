import CaptureAnalysis
import WireFormat

/// What the report keeps of a session while it is open.
final class ReportSession {
    /// Its index among the sessions of the page.
    let place: UInt64
    /// Nanoseconds from the capture's first packet to the connection's SYN, or to the first evidence of the session.
    let start: Int64
    /// Findings by severity: notes, warnings, errors.
    var findings = InlineArray<3, UInt64>(repeating: 0)
    /// The blocks that hold its details.
    private(set) var blocks: [Int] = []
    /// The number of its details.
    private(set) var details = 0

    init(place: UInt64, start: Int64) {
        self.place = place
        self.start = start
    }

    /// Records that a detail went into a block.
    func addDetail(block: Int) {
        details += 1
        if blocks.last != block { blocks.append(block) }
    }
}

/// Sessions in the page: one JSON object each, and their details as lines of the trace.
extension HTMLFormat {
    mutating func begin(
        _ start: borrowing ConnectionStart, _ event: borrowing Event, at context: borrowing EventContext
    ) {
        if begun > 0 { lastLines = nil }
        let place = begun
        begun += 1
        guard place < Self.maximumSessions, open.count < SessionTable.maximumOpen else { return }
        open[context.session] = ReportSession(place: place, start: start.elapsed(at: context))
        addDetail(event, at: context)
    }

    mutating func record(_ handshake: borrowing Handshake, _ event: borrowing Event, at context: borrowing EventContext)
    {
        addDetail(event, at: context)
        guard rows < Self.maximumRows else { return }
        let isCaptured = !handshake.isAccepted && !handshake.isAnswerMissing
        let answer =
            handshake.status.map { "answered by \($0)" } ?? (isCaptured ? "never answered" : handshake.missingAnswer)
        let request = handshake.url.isEmpty ? "request not captured," : SessionRow.kept(handshake.url)
        append(
            ReportRow(
                kind: ReportRow.Kind.handshake | ReportRow.Kind.ofNobody, elapsed: context.elapsed,
                packet: context.packet),
            text: "\(request) \(answer)", of: context.session)
    }

    mutating func record(_ end: borrowing SessionEnd, _ event: borrowing Event, at context: borrowing EventContext) {
        addDetail(event, at: context, isLast: true)
        let ended = counts.end(end, at: context)
        guard let session = open[context.session] else { return }
        let upgrade = ended.row?.upgrade ?? .unseen
        let verdict = VerdictMessage.text(end.verdict, upgrade: upgrade)
        append(
            ReportRow(
                kind: ReportRow.Kind.end | ReportRow.Kind.ofNobody, elapsed: context.elapsed(of: end.origin),
                packet: context.place(of: end.origin).packet),
            text: verdict, of: context.session)
        open[context.session] = nil
        guard let row = ended.row, let ending = row.ending else { return }
        write(
            session, row, ending, group: ended.group, text: verdict,
            until: end.endElapsed(start: session.start, now: context.elapsed))
        if sessionBlock.bytes.count >= Self.blockSize { sessionBlock.write(into: &output) }
    }

    private mutating func write(
        _ session: ReportSession, _ row: SessionRow, _ ending: SessionRow.Ending, group: Int?, text: String,
        until end: Int64
    ) {
        sessionBlock.bytes.append("{\"place\":")
        sessionBlock.bytes.append(decimal: session.place)
        sessionBlock.bytes.append(",\"number\":")
        sessionBlock.bytes.append(jsonString: row.session.description)
        sessionBlock.bytes.append(",\"client\":")
        sessionBlock.bytes.append(jsonString: "\(row.client)")
        sessionBlock.bytes.append(",\"server\":")
        sessionBlock.bytes.append(jsonString: "\(row.server)")
        sessionBlock.bytes.append(",\"url\":")
        sessionBlock.bytes.append(jsonString: row.url)
        sessionBlock.bytes.append(",\"mark\":")
        sessionBlock.bytes.append(jsonString: EndingOutcome(ending.verdict, upgrade: row.upgrade).rawValue)
        sessionBlock.bytes.append(",\"text\":")
        sessionBlock.bytes.append(jsonString: text)
        number("from", session.start)
        number("to", end)
        number("duration", ending.duration)
        number("group", group.map(Int64.init))
        number("ping", ending.medianRoundTrip)
        number("silence", ending.verdict.silence)
        numbers("frames", [ending.framesFromClient, ending.framesFromServer])
        numbers("bytes", [ending.bytesFromClient, ending.bytesFromServer])
        numbers("findings", [session.findings[0], session.findings[1], session.findings[2]])
        numbers("details", session.blocks.map(UInt64.init))
        sessionBlock.bytes.append("}\n")
    }

    private mutating func number(_ key: StaticString, _ value: Int64?) {
        sessionBlock.bytes.append(",\"")
        sessionBlock.bytes.append(key)
        sessionBlock.bytes.append("\":")
        if let value { sessionBlock.bytes.append(decimal: value) } else { sessionBlock.bytes.append("null") }
    }

    private mutating func numbers(_ key: StaticString, _ values: [UInt64]) {
        sessionBlock.bytes.append(",\"")
        sessionBlock.bytes.append(key)
        sessionBlock.bytes.append("\":[")
        for (index, value) in values.enumerated() {
            if index > 0 { sessionBlock.bytes.append(",") }
            sessionBlock.bytes.append(decimal: value)
        }
        sessionBlock.bytes.append("]")
    }

    /// Keeps an event of a session as a line of the trace, unless the session or the page has too many; a session's end
    /// counts only against the page's bound.
    mutating func addDetail(_ event: borrowing Event, at context: borrowing EventContext, isLast: Bool = false) {
        guard let session = open[context.session], isLast || session.details < Self.maximumDetails else { return }
        let nothing: [UInt8] = []
        trace.receive(event, at: context, payload: nothing.span)
        defer { trace.output.removeAll(keeping: 1 << 16) }
        let room = isLast ? detailRoom : detailRoom - Self.roomForEnds
        guard trace.output.count <= room / Self.budgetShare else {
            detailsLeftOut += 1
            return
        }
        session.addDetail(block: detailBlocks)
        detailBlock.bytes.append(decimal: session.place)
        detailBlock.bytes.append("\t")
        detailBlock.bytes.append(contentsOf: trace.output)
        guard detailBlock.bytes.count >= Self.blockSize else { return }
        let before = output.count
        detailBlock.write(into: &output)
        detailRoom -= output.count - before
        detailBlocks += 1
    }
}
