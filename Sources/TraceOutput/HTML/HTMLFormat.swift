package import CaptureAnalysis
import ReportFrontEnd
import WebSocketProtocol
import WireFormat

/// A report: one HTML page that opens from disk in any browser (`docs/report.md`).
///
/// The page is a stream: its head, blocks of data as they fill up, then what is known only at the end. Payloads that no
/// longer fit the budget are left out; sessions, messages and findings are kept up to the bounds below, and counted
/// beyond.
package struct HTMLFormat: OutputFormat, ~Copyable {
    /// How much a report contains.
    package struct Options: Hashable, Sendable {
        /// The most bytes of each payload.
        package var payload: PayloadLimit
        /// The most bytes of all payloads.
        package var payloadBudget: Int

        /// Creates options.
        package init(payload: PayloadLimit = .all, payloadBudget: Int = defaultBudget) {
            self.payload = payload
            self.payloadBudget = max(payloadBudget, 0)
        }

        /// 16 MiB.
        package static let defaultBudget = 1 << 24
    }

    /// The most sessions in the page.
    static let maximumSessions: UInt64 = 100_000
    /// The most messages, control frames and gaps in the page.
    static let maximumRows = 2_000_000
    /// The most findings in the page.
    static let maximumFindings = 100_000
    /// The rule of notes that exist only if deliveries are followed.
    static let deliveryRule = "limit.deliveries"
    /// The most servers and paths listed for each kind of ending.
    static let shownPlaces = 5
    /// The most details of a session: upgrades and troubled deliveries.
    static let maximumDetails = 100
    /// The bytes of the page for details of all sessions; the last ``roomForEnds`` of them are only for ends.
    static let detailBytes = 64 << 20
    static let roomForEnds = 16 << 20
    /// The bytes at which a block of payloads or text is full.
    static let blockSize = 1 << 18
    /// One payload or detail may take at most one part in this many of the remaining room, so that some is left for
    /// later ones.
    static let budgetShare = 256
    /// What a payload may take in any case, in bytes.
    static let leastPayload = 128

    /// What is printed but not drained yet.
    package var output: OutputBuffer
    let options: Options
    let page = ReportPage()
    var counts = CaptureCounts(maximumSessions: 0)
    var begun: UInt64 = 0
    var open: [SessionID: ReportSession] = [:]

    var columns = RowColumns()
    var rowBlock = DataBlock(.rows)
    var payloadBlock = DataBlock(.payloads)
    var sessionBlock = DataBlock(.sessions)
    var detailBlock = DataBlock(.details)
    /// The number of blocks of details that are complete.
    var detailBlocks = 0
    /// The bytes of the page that are left for details.
    var detailRoom = detailBytes
    /// The row of the first payload in the current block.
    var firstPayloadRow = 0

    var rows = 0
    var findingRows = 0
    var budgetLeft: Int
    /// Payloads that the page lacks, and those that are cut.
    var payloadsLeftOut: UInt64 = 0
    var payloadsCut: UInt64 = 0
    /// Messages, control frames and gaps that the page lacks.
    var rowsLeftOut: UInt64 = 0
    var findingsLeftOut: UInt64 = 0
    var detailsLeftOut: UInt64 = 0
    /// Notes that exist only if deliveries are followed, which the summary does not do: the page lists them, but leaves
    /// them out of its counts, so that both show the same numbers.
    var deliveryNotes: UInt64 = 0

    /// Writes details as lines of the trace.
    var trace = JSONLinesFormat(options: .init(payload: .none))
    /// The lines of the only session so far; nil once there are several.
    var lastLines: LastLines? = LastLines()

    /// Creates the format.
    package init(options: Options = Options()) {
        self.options = options
        budgetLeft = options.payloadBudget
        output = OutputBuffer()
    }

    /// The sessions that it lists, and the blocks that hold their details, in bytes.
    package static var sessionByteCount: Int { SessionTable.sessionByteCount + 300 + 8 * maximumDetails }

    /// All messages and control frames, with as much of their payloads as may be kept.
    package var demand: EventDemand {
        var demand = EventDemand()
        let share = max(options.payloadBudget / Self.budgetShare, min(options.payloadBudget, Self.leastPayload))
        demand.payload = PayloadDemand(bytes: min(options.payload.maximum, share), includesFrames: false)
        demand.includesIntervals = false
        return demand
    }

    /// Adds an event to the page; the last one completes it.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        lastLines?.receive(event, at: context, payload: payload)
        switch event {
        case .capture:
            counts.receive(event, at: context)
            writeHead()
        case .connection(let start):
            counts.receive(event, at: context)
            begin(start, event, at: context)
        case .handshake(let handshake):
            counts.receive(event, at: context)
            record(handshake, event, at: context)
        case .finding(let finding):
            if finding.rule == Self.deliveryRule { deliveryNotes += 1 } else { counts.receive(event, at: context) }
            record(finding, at: context)
        case .frame(let frame): record(frame, at: context, payload: payload)
        case .message(let message): record(message, at: context, payload: payload)
        case .gap(let gap): record(gap, at: context)
        case .resync(let resync): record(resync, at: context)
        case .delivery, .alert: addDetail(event, at: context)
        case .end(let end): record(end, event, at: context)
        case .summary(let summary): finish(summary)
        case .segment, .encrypted, .exchange: break
        }
    }
}

/// The last lines of a timeline.
struct LastLines: ~Copyable {
    /// How many.
    static let count = 5
    private static let kept = 1 << 14
    private var timeline = TimelineFormat()

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .summary: return
        default: break
        }
        timeline.receive(event, at: context, payload: payload.extracting(first: 256))
        guard timeline.output.count > 4 * Self.kept else { return }
        let end = timeline.output.withBytes {
            unsafe $0.extracting(last: Self.kept).withUnsafeBufferPointer { unsafe Array($0) }
        }
        timeline.output.removeAll()
        timeline.output.append(end.span)
    }

    /// The lines, each without spaces around it.
    mutating func take() -> [String] {
        timeline.flush()
        let text = timeline.output.withBytes { bytes in
            unsafe bytes.extracting(last: Self.kept).withUnsafeBufferPointer {
                unsafe String(decoding: $0, as: UTF8.self)
            }
        }
        return text.split(separator: "\n").suffix(Self.count).map { line in
            String(line.drop { $0 == " " })
        }
    }
}
