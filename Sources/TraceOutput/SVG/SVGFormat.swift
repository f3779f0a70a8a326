package import CaptureAnalysis
import WebSocketProtocol
import WireFormat

/// A picture of the capture that needs no browser: messages along a time axis, and a lane for each session.
///
/// Everything is printed at the last event. Memory is bounded: times are kept in bins, and only the first sessions have
/// lanes.
package struct SVGFormat: OutputFormat, ~Copyable {
    /// The most lanes.
    static let maximumLanes = 200

    /// What is printed but not drained yet.
    package var output = OutputBuffer(capacity: 1 << 12)
    var counts = CaptureCounts(maximumSessions: 0)
    var bins = TimeBins()
    /// The messages and control frames of each bin, of the client and the server.
    var traffic = [[UInt64]](repeating: [UInt64](repeating: 0, count: TimeBins.count), count: 2)
    /// When bytes were missing, in any session.
    var gaps = BinSet()
    /// When there were findings in any session: errors, and others.
    var (errors, findings) = (BinSet(), BinSet())
    /// Lanes of sessions, in order of appearance.
    private(set) var lanes: [Lane] = []
    private var open: [SessionID: Lane] = [:]

    /// A session in the picture.
    final class Lane {
        let session: SessionID
        let start: Int64
        var end: Int64
        var outcome = EndingOutcome.open
        var text = ""
        /// Messages and control frames, of the client and the server.
        var sent = InlineArray<2, BinSet>(repeating: BinSet())
        var gaps = BinSet()
        var findings = BinSet()
        var hasError = false

        init(session: SessionID, start: Int64) {
            self.session = session
            self.start = start
            end = start
        }
    }

    /// Creates the format.
    package init() {}

    /// The sessions that it lists, in bytes.
    package static var sessionByteCount: Int { SessionTable.sessionByteCount }

    /// Messages and control frames without payloads.
    package var demand: EventDemand {
        var demand = EventDemand.totals
        demand.includesFrames = true
        return demand
    }

    /// Adds an event to the picture; the last one prints it.
    package mutating func receive(
        _ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>
    ) {
        switch event {
        case .connection(let start):
            counts.receive(event, at: context)
            guard lanes.count < Self.maximumLanes else { return }
            let lane = Lane(session: context.session, start: start.elapsed(at: context))
            lanes.append(lane)
            open[context.session] = lane
        case .frame(let frame):
            // The payload of data frames is in their message.
            if frame.frame.header.opcode.isControl { count(frame.from, frame.origin, at: context) }
        case .message(let message): count(message.from, message.origin, at: context)
        case .gap:
            let bin = bin(of: context.elapsed)
            gaps.insert(bin)
            open[context.session]?.gaps.insert(bin)
        case .finding(let finding):
            counts.receive(event, at: context)
            let bin = bin(of: context.elapsed(of: finding.origin))
            open[context.session]?.findings.insert(bin)
            if finding.severity == .error {
                errors.insert(bin)
                open[context.session]?.hasError = true
            } else {
                findings.insert(bin)
            }
        case .end(let end):
            let row = counts.end(end, at: context).row
            guard let lane = open.removeValue(forKey: context.session) else { return }
            lane.outcome = EndingOutcome(end.verdict, upgrade: row?.upgrade ?? .unseen)
            lane.text = VerdictMessage.text(end.verdict, upgrade: row?.upgrade ?? .unseen)
            lane.end = end.endElapsed(start: lane.start, now: context.elapsed)
            _ = bin(of: lane.end)
        case .summary(let summary):
            _ = bin(of: summary.duration)
            write(summary)
        case .capture, .handshake: counts.receive(event, at: context)
        case .segment, .alert, .encrypted, .exchange, .resync, .delivery: break
        }
    }

    private mutating func count(_ role: Role, _ origin: Origin, at context: borrowing EventContext) {
        let bin = bin(of: origin.elapsed(at: context))
        traffic[role.index][bin] += 1
        open[context.session]?.sent[role.index].insert(bin)
    }

    /// The bin of a time; widens all bins until there is one.
    private mutating func bin(of elapsed: Int64) -> Int {
        while true {
            if let bin = bins.bin(of: elapsed) { return bin }
            bins.widen()
            for role in Role.allCases {
                let counts = traffic[role.index]
                traffic[role.index] = counts.indices.map { bin in
                    2 * bin + 1 < counts.count ? counts[2 * bin] + counts[2 * bin + 1] : 0
                }
            }
            gaps.halve()
            errors.halve()
            findings.halve()
            for lane in lanes {
                lane.sent[0].halve()
                lane.sent[1].halve()
                lane.gaps.halve()
                lane.findings.halve()
            }
        }
    }
}
