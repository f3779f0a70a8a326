public import CaptureAnalysis

/// A page about a whole capture: totals, a table of sessions, findings grouped by rule.
///
/// Nothing is printed before the last event.
public struct SummaryFormat: OutputFormat, ~Copyable {
    /// How a summary is laid out.
    public struct Options: Hashable, Sendable {
        /// The columns that lines are cut to; at least ``minimumWidth`` are used.
        public var width: Int
        /// Whether to use a terminal's colours.
        public var hasColor: Bool

        /// Makes options.
        public init(width: Int = 100, hasColor: Bool = false) {
            self.width = width
            self.hasColor = hasColor
        }
    }

    /// The narrowest page.
    public static let minimumWidth = 24
    /// The most sessions in the table; those that were not closed cleanly come before others.
    public static let shownSessions = 25
    /// The most sessions that are kept for the table: those that end first.
    public static let maximumSessions = 1000
    /// The most ways to end that are listed.
    public static let shownEndings = 12
    /// The sessions up to which their endings are not listed by themselves.
    static let glance = 3
    /// The most sources that are named.
    public static let namedSources = 3
    /// The columns that must be left beside a session's numbers for its ends and URL to stand there.
    static let roomBeside = 66
    /// The fewest columns that a URL is cut to beside the ends.
    static let usefulURL = 24
    /// The most rules in the list of findings.
    public static let maximumRules = 200

    /// The most patterns in their list.
    public static let maximumPatterns = 20

    /// What is printed and not drained yet.
    public var output: OutputBuffer
    let options: Options
    var sources: [String] = []
    var sessions = SessionTable(maximumRows: maximumSessions)
    var compression = CompressionTotals()
    var endings = EndingTable()
    var openings = OpeningTimes()
    var findings = FindingTable(maximumRules: maximumRules)

    /// Makes the format.
    public init(options: Options = Options()) {
        self.options = options
        output = OutputBuffer(capacity: 1 << 12)
    }

    /// Totals, sessions and findings: the page has no frames.
    public var demand: EventDemand { .totals }

    /// Counts an event; the last one prints the page.
    public mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        switch event {
        case .capture(let start): sources = start.sources
        case .connection(let start):
            sessions.begin(start, connection: context.connection)
            openings.note(start, connection: context.connection)
        case .handshake(let handshake):
            sessions.note(handshake, connection: context.connection)
            openings.note(handshake, connection: context.connection)
        case .finding(let finding): findings.note(finding, at: context)
        case .end(let end):
            let row = sessions.end(end, connection: context.connection)
            endings.note(end.verdict, upgrade: row?.upgrade ?? .unseen, connection: context.connection)
            compression.note(end)
        case .summary(let summary): write(summary)
        case .segment, .frame, .message, .gap, .resync, .delivery: break
        }
    }
}
