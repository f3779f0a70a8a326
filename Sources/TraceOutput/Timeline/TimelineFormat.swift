package import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// How the time of a line is shown (`--time`).
package enum TimeStyle: String, CaseIterable, Sendable {
    /// Seconds since the first packet.
    case elapsed
    /// The date and time of day, in UTC.
    case absolute
    /// Seconds since the previous line.
    case delta
}

/// What went over the sockets, for people: one line per event.
///
/// A final data frame is held back until the next event, usually its message, so that they share a line; a connection
/// is held back until its handshake, which has the URL. ``flush()`` prints what is held back.
package struct TimelineFormat: OutputFormat, ~Copyable {
    /// What a timeline shows, and how.
    package struct Options: Hashable, Sendable {
        /// The most characters of each payload; of a binary one, a quarter as many bytes.
        package var payload: PayloadLimit
        /// Whether fragments show their own bytes, in addition to their message's.
        package var framePayloads: Bool
        /// Whether to show packets with their numbers and the resulting states (`-v`).
        package var isVerbose: Bool
        /// Whether to use a terminal's colours.
        package var hasColor: Bool
        /// How the time of a line is shown.
        package var time: TimeStyle
        /// The columns that URLs are shortened to; nil if they are shown whole.
        package var width: Int?

        /// Creates options.
        package init(
            payload: PayloadLimit = .atMost(80), framePayloads: Bool = false, isVerbose: Bool = false,
            hasColor: Bool = false, time: TimeStyle = .elapsed, width: Int? = nil
        ) {
            self.payload = payload
            self.framePayloads = framePayloads
            self.isVerbose = isVerbose
            self.hasColor = hasColor
            self.time = time
            self.width = width
        }
    }

    /// The most sessions listed at the end.
    static let maximumSessionLines = 100

    /// What is printed but not drained yet.
    package var output: OutputBuffer
    let options: Options
    var sessions = SessionTable(maximumRows: maximumSessionLines)
    /// The sources, until the first line is printed.
    private var heldSources: [String]?
    /// The session of the first heading; lines are tagged from the first line of another session on.
    var headedSession: SessionID?
    var isTagged = false
    private var heldStart: HeldStart?
    private var heldFrame: HeldFrame?
    /// The findings about the held frame, to be printed after it.
    private var heldFindings: [(finding: Finding, context: EventContext)] = []
    /// The time of the previous line, for `--time delta`.
    var previousElapsed: Int64?
    /// Writes absolute times.
    var clock = RFC3339Clock()
    /// The packet that `-v` showed last.
    var shownPacket: (session: SessionID, packet: UInt64) = (.none, 0)

    private struct HeldStart {
        var start: ConnectionStart
        var context: EventContext
    }

    private struct HeldFrame {
        var frame: FrameEvent
        var context: EventContext
        var payload: [UInt8]
    }

    /// Creates the format.
    package init(options: Options = Options()) {
        self.options = options
        output = OutputBuffer()
    }

    /// The sessions that it lists, in bytes.
    package static var sessionByteCount: Int { SessionTable.sessionByteCount }

    /// Everything except intervals, and states only with `-v`.
    ///
    /// Four bytes of payload are enough for any character.
    package var demand: EventDemand {
        let (bytes, isLarge) = options.payload.maximum.multipliedReportingOverflow(by: 4)
        var demand = EventDemand()
        demand.payload = PayloadDemand(bytes: isLarge ? .max : bytes, includesFrames: options.framePayloads)
        demand.includesIntervals = false
        demand.includesStates = options.isVerbose
        demand.includesEncrypted = options.isVerbose
        return demand
    }

    /// Prints an event, or holds it back.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        if heldSources != nil { beginPage(event, at: context) }
        switch event {
        case .capture(let start): heldSources = start.sources
        case .connection(let start): begin(start, at: context)
        case .handshake(let handshake): write(handshake, at: context)
        case .frame(let frame): write(frame, at: context, payload: payload)
        case .message(let message): write(message, at: context, payload: payload)
        case .finding(let finding): write(finding, at: context)
        case .segment(let segment):
            flush()
            write(segment, at: context)
        case .alert(let alert):
            flush()
            write(alert, at: context)
        case .encrypted(let connection):
            flush()
            write(connection, at: context)
        case .gap(let gap):
            flush()
            write(gap, at: context)
        case .resync(let resync):
            flush()
            write(resync, at: context)
        case .delivery(let delivery):
            flush()
            write(delivery, at: context)
        case .end(let end):
            flush()
            write(end, at: context)
        case .summary(let summary):
            flush()
            writeSessions()
            writePatterns(summary.patterns, proxied: summary.proxiedSessions)
            if options.isVerbose { writePatterns(summary.encryptedPatterns, of: "TLS connection") }
        case .exchange: break
        }
    }

    /// Prints what is held back.
    package mutating func flush() {
        if let held = heldStart.take() {
            writeHeader(held.start, nil, at: held.context)
        }
        if let held = heldFrame.take() {
            writeLine(held.frame, nil, at: held.context, payload: held.payload.span)
            writeHeldFindings()
        }
    }

    private mutating func begin(_ start: borrowing ConnectionStart, at context: borrowing EventContext) {
        flush()
        sessions.begin(start, session: context.session)
        switch start.opening {
        case .handshake: heldStart = HeldStart(start: copy start, context: copy context)
        case .midstream: writeHeader(start, nil, at: context)
        }
    }

    private mutating func write(_ handshake: borrowing Handshake, at context: borrowing EventContext) {
        let isFirst = heldStart?.context.session == context.session
        if isFirst, let held = heldStart.take() {
            writeHeader(held.start, copy handshake, at: held.context)
        }
        flush()
        sessions.record(handshake, session: context.session)
        writeLines(handshake, at: context, isInHeader: isFirst)
    }

    private mutating func write(
        _ frame: borrowing FrameEvent, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        flush()
        let header = frame.frame.header
        guard header.fin, !header.opcode.isControl else {
            writeLine(copy frame, nil, at: context, payload: payload)
            return
        }
        let kept = payload.extracting(first: demand.payload.bytes)
        heldFrame = HeldFrame(frame: copy frame, context: copy context, payload: Array(copying: kept))
    }

    private mutating func write(
        _ message: borrowing MessageEvent, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        guard let held = heldFrame, held.context.session == context.session, held.frame.from == message.from
        else {
            flush()
            writeLine(nil, copy message, at: context, payload: payload)
            return
        }
        heldFrame = nil
        writeLine(held.frame, copy message, at: context, payload: payload)
        writeHeldFindings()
    }

    private mutating func write(_ finding: borrowing Finding, at context: borrowing EventContext) {
        guard let held = heldFrame, held.context.session == context.session,
            held.context.packet == context.packet
        else {
            flush()
            writeLine(finding, at: context)
            return
        }
        heldFindings.append((copy finding, copy context))
    }

    private mutating func writeHeldFindings() {
        for held in heldFindings { writeLine(held.finding, at: held.context) }
        heldFindings.removeAll(keepingCapacity: true)
    }

    /// Prints the sources and when the capture began, unless only the totals follow.
    private mutating func beginPage(_ event: borrowing Event, at context: borrowing EventContext) {
        switch event {
        case .summary: return
        default: break
        }
        let sources = heldSources.take() ?? []
        let style = self.style(.heading)
        output.begin(style)
        output.append(untrusted: CaptureCounts.title(of: sources))
        output.append("  from ")
        output.append(date: Timestamp(nanoseconds: context.time.nanoseconds &- context.elapsed), &clock)
        output.append(" UTC")
        output.end(style)
        endLine()
    }
}
