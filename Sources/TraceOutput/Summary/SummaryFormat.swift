package import CaptureAnalysis

/// A page about the whole capture: totals, sessions, patterns, findings by rule.
///
/// Everything is printed at the last event.
package struct SummaryFormat: OutputFormat, ~Copyable {
    /// How a summary is laid out.
    package struct Options: Hashable, Sendable {
        /// The columns of a line; values below ``minimumWidth`` count as that.
        package var width: Int
        /// Whether to use a terminal's colours.
        package var hasColor: Bool

        /// Creates options.
        package init(width: Int = 100, hasColor: Bool = false) {
            self.width = width
            self.hasColor = hasColor
        }
    }

    /// The narrowest page.
    static let minimumWidth = 24
    /// The most sessions in the table; those that were not closed cleanly take precedence.
    static let shownSessions = 25
    /// The most sessions kept for the table: the first to end.
    static let maximumSessions = 1000
    /// The most kinds of endings listed.
    static let shownEndings = 12
    /// The most sessions whose endings can be seen at a glance, without a list.
    static let glance = 3
    /// The columns that a session's ends and URL need in order to stand beside its numbers.
    static let roomBeside = 66
    /// The fewest columns that a URL beside the ends is cut to.
    static let usefulURL = 24
    /// The most patterns listed.
    static let maximumPatterns = 20

    /// What is printed but not drained yet.
    package var output: OutputBuffer
    let options: Options
    var counts = CaptureCounts(maximumSessions: maximumSessions)

    /// Creates the format.
    package init(options: Options = Options()) {
        self.options = options
        output = OutputBuffer(capacity: 1 << 12)
    }

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
