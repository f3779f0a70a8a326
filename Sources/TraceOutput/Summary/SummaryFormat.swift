package import CaptureAnalysis

/// A page about the whole capture: totals, endings, patterns, sessions, findings by rule.
///
/// Everything is printed at the last event.
package struct SummaryFormat: OutputFormat, ~Copyable {
    /// How a summary is laid out.
    package struct Options: Hashable, Sendable {
        /// The columns of a line; values below ``minimumWidth`` count as ``minimumWidth``.
        package var width: Int
        /// The lines of the terminal that the page should fit into, by shortening the table of sessions; nil if there
        /// is none.
        package var height: Int?
        /// Whether to use a terminal's colours.
        package var hasColor: Bool

        /// Creates options.
        package init(width: Int = 100, height: Int? = nil, hasColor: Bool = false) {
            self.width = width
            self.height = height
            self.hasColor = hasColor
        }
    }

    /// The narrowest page.
    static let minimumWidth = 24
    /// The most sessions in the table if the output is not a terminal; troubled ones take precedence.
    static let shownSessions = 25
    /// The fewest sessions in the table on a terminal, however small it is.
    static let fewestSessions = 3
    /// The lines, on a terminal of ordinary width, that say how many sessions are not in the table.
    static let linesOfRest = 2
    /// The most sessions kept for the table: the first to end.
    static let maximumSessions = 1000
    /// The most servers and paths listed for each kind of ending.
    static let shownPlaces = 4
    /// The most sessions whose endings can be seen at a glance, without a list.
    static let glance = 3
    /// The columns that a session's ends and URL need to fit next to its numbers.
    static let roomBeside = 66
    /// The fewest columns that a URL next to the ends is cut to.
    static let usefulURL = 24

    /// What is printed but not drained yet.
    package var output: OutputBuffer
    let options: Options
    var counts = CaptureCounts(maximumSessions: maximumSessions)
    /// The proxied sessions (``Summary/proxiedSessions``), by each of their connections.
    var sessionsOfLegs: [UInt64: ProxiedSession] = [:]

    /// Creates the format.
    package init(options: Options = Options()) {
        self.options = options
        output = OutputBuffer(capacity: 1 << 12)
    }

    /// The sessions that it lists, in bytes.
    package static var sessionByteCount: Int { SessionTable.sessionByteCount }

    /// Totals, sessions and findings: the page has no frames.
    package var demand: EventDemand { .totals }

    /// Records an event; the last one prints the page.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        counts.receive(event, at: context)
        switch event {
        case .summary(let summary): write(summary)
        default: break
        }
    }
}
