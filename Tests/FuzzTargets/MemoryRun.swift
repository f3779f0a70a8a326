import CLiveBytes
public import CaptureAnalysis
import PacketDecoding
import TraceOutput
import WebSocketProtocol
import WireFormat

/// Connections that make an analysis keep bytes, against a small budget.
///
/// Input: steps of a ``Crowd``, four bytes each: the step (modulo the number of kinds), the connection, the number of
/// connections from there on that take it (1 to 16), and the amount.
struct MemoryRun {
    private struct Entry {
        let step: Crowd.Step
        let connections: Range<Int>
        let amount: UInt8
    }

    private var entries: [Entry] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        while input.count > 0 {
            let kinds = Crowd.Step.allCases
            let step = kinds[Int(input.byte()) % kinds.count]
            let first = Int(input.byte())
            let count = Int(input.byte() & 15) + 1
            entries.append(Entry(step: step, connections: first..<(first + count), amount: input.byte()))
        }
    }

    /// Analyses the packets: kept bytes stay within the budget, and the trace does not depend on the number of parts.
    func check() throws(Disagreement) {
        let gauge = MemoryGauge()
        let whole = trace(gauge)
        guard gauge.excess <= 0 else {
            throw Disagreement(words: "\(gauge.excess) bytes more than \(MemoryGauge.budget) at packet \(gauge.packet)")
        }
        let parts = 2 + entries.count % 7
        guard whole == partedTrace(parts) else {
            throw Disagreement(words: "\(parts) parts come to another trace than one")
        }
    }

    private func forEachPacket(_ body: Crowd.Receiver) {
        var crowd = Crowd(connections: 271)
        for entry in entries {
            for connection in entry.connections {
                crowd.take(entry.step, connection: connection, amount: entry.amount, body)
            }
        }
    }

    /// The digest of the trace.
    private func trace(_ gauge: MemoryGauge) -> UInt64 {
        var trace = TraceDigest()
        var pipeline = Pipeline(options: MemoryGauge.options)
        gauge.begin()
        forEachPacket {
            pipeline.receive($0, into: &trace)
            gauge.measure(at: $0.number)
        }
        pipeline.finish(into: &trace)
        return trace.value
    }

    private func partedTrace(_ parts: Int) -> UInt64 {
        var trace = TraceDigest()
        var pipeline = PartedPipeline(options: MemoryGauge.options, parts: parts, blockLength: 1)
        forEachPacket { pipeline.receive($0, into: &trace) }
        pipeline.finish(into: &trace)
        return trace.value
    }
}

/// The digest of a trace that is not kept: as in the program, every event is written before the next one comes.
private struct TraceDigest: EventSink, ~Copyable {
    private var format = JSONLinesFormat()
    /// FNV-1a of the trace's bytes so far.
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        format.receive(event, at: context, payload: payload)
        format.output.withBytes { bytes in
            for index in bytes.indices { value = (value ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        }
        format.output.removeAll()
    }
}

/// Measures how much an analysis keeps beyond its limit: the heap against a budget.
public final class MemoryGauge {
    /// The bytes that connections may take.
    public static let budget = Limits.shards * (1 << 20)
    /// Other bytes that may grow: counts of servers, endings and the like, fragments, and for each shard a chunk of
    /// slots and 32 KiB of payload before memory is counted again.
    private static let rest = 3 << 20

    private var start = 0
    /// The most bytes by which the budget was exceeded; negative if it was not.
    public private(set) var excess = Int.min
    /// The packet after which that was measured.
    public private(set) var packet: UInt64 = 0

    /// Creates a gauge.
    public init() {}

    /// Options with the budget.
    public static var options: AnalysisOptions {
        var options = AnalysisOptions()
        options.secret = 7
        options.limits.memory = budget
        options.limits.decoding.bytes = 256 << 10
        return options
    }

    /// Takes the current heap as zero.
    public func begin() {
        start = live_bytes()
    }

    /// Measures the heap, after some packets.
    public func measure(at number: UInt64) {
        guard number % 64 == 0 else { return }
        let excess = live_bytes() - start - Self.budget - Self.rest
        guard excess > self.excess else { return }
        self.excess = excess
        packet = number
    }
}
