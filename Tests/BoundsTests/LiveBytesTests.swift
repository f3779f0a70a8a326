import CaptureAnalysis
import CaptureCutting
import FuzzTargets
import Testing
import TraceOutput
import WireFormat

/// Thousands of connections that keep bytes in every possible way: the heap, as the allocator counts it, against the
/// budget.
@Suite("Live bytes")
struct LiveBytesTests {
    /// An analysis of a crowd whose members all take the same steps.
    private struct Run: EventSink {
        let gauge = MemoryGauge()

        init(_ steps: [Crowd.Step], amount: UInt8, connections: Int) {
            var crowd = Crowd(connections: connections)
            var pipeline = Pipeline(options: MemoryGauge.options)
            gauge.begin()
            for step in steps {
                for connection in 0..<connections {
                    crowd.take(step, connection: connection, amount: amount) {
                        pipeline.receive($0, into: &self)
                        gauge.measure(at: $0.number)
                    }
                }
            }
            pipeline.finish(into: &self)
        }

        mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {}
    }

    /// How many connections take a step, and how much of it, to keep more than the budget if there were no bound.
    private static func crowd(_ step: Crowd.Step) -> (amount: UInt8, connections: Int) {
        switch step {
        case .syn: (0, 12_000)
        case .open, .close, .end, .lateAnswer, .ask, .answer: (0, 2500)
        case .hello: (255, 8000)
        case .pings: (63, 900)
        case .pongs: (80, 400)
        case .repeats: (127, 300)
        case .requests, .holes, .messages: (255, 150)
        case .fragments: (255, 300)
        case .longURL, .refused, .head, .message, .deflate, .hole, .midstream, .lost, .fragment: (255, 400)
        }
    }

    private static let processes = 4

    @Test("stay within the budget, whatever is kept", arguments: 0..<processes)
    func everyKind(part: Int) async {
        // A separate process, so that the heap is its alone.
        await #expect(processExitsWith: .success) { [part = part as Int] in
            for step in Crowd.Step.allCases where Int(step.rawValue) % Self.processes == part {
                let (amount, connections) = Self.crowd(step)
                let run = Run([step], amount: amount, connections: connections)
                precondition(run.gauge.excess <= 0, "\(step): \(run.gauge.excess) at \(run.gauge.packet)")
            }
        }
    }

    @Test("stay within the budget, whatever is kept together")
    func all() async {
        await #expect(processExitsWith: .success) {
            let steps: [Crowd.Step] = [
                .open, .pings, .hole, .messages, .message, .deflate, .repeats, .pongs, .lost, .close,
            ]
            let run = Run(steps, amount: 20, connections: 500)
            precondition(run.gauge.excess <= 0, "\(run.gauge.excess) at \(run.gauge.packet)")
        }
    }

    /// What formats keep of open sessions, most of which never had an upgrade accepted, counts too.
    ///
    /// - Returns: The bytes beyond the budget.
    private static func excess<Format: OutputFormat & ~Copyable>(_ format: consuming Format) -> Int {
        var options = MemoryGauge.options
        options.demand = format.demand
        options.limits.sessionBytes = Format.sessionByteCount
        var crowd = Crowd(connections: 12_000)
        var pipeline = Pipeline(options: options)
        let gauge = MemoryGauge()
        gauge.begin()
        for connection in 0..<12_000 {
            crowd.take(connection % 16 == 0 ? .open : .refused, connection: connection, amount: 1) {
                pipeline.receive($0, into: &format)
                format.output.removeAll()
                gauge.measure(at: $0.number)
            }
        }
        return gauge.excess
    }

    /// The report is excepted: it also keeps sessions that ended, up to a bound of its own.
    @Test("of formats stay within the budget with those of connections")
    func formats() async {
        await #expect(processExitsWith: .success) {
            let selected = SelectedConnections(keeping: .comments, commentBytes: 0)
            let found = [
                Self.excess(JSONLinesFormat()), Self.excess(TimelineFormat()), Self.excess(SummaryFormat()),
                Self.excess(SVGFormat()), Self.excess(SessionSelection(SessionFilter(), into: selected)),
            ]
            precondition(found.allSatisfy { $0 <= 0 }, "\(found)")
        }
    }
}
