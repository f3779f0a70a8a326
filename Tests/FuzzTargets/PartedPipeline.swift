public import CaptureAnalysis
public import WireFormat

/// An analysis in parts on one thread, as the program runs it on several, in a chosen order.
public struct PartedPipeline: ~Copyable {
    private var pipeline: Pipeline
    private var parts: PerPart<PipelinePart>
    private var sinks: PerPart<BatchSink>
    private var blocks = PerPart { _ in PacketBlock() }
    private var merge: EventMerge
    private let count: Int
    /// The number of packets to distribute before blocks are passed on.
    private let blockLength: Int
    private var dealt = 0
    private var hasBegun = false

    /// Creates an analysis with this many parts.
    public init(options: AnalysisOptions, parts count: Int, blockLength: Int) {
        pipeline = Pipeline(options: options)
        parts = PerPart { _ in PipelinePart(options: options) }
        sinks = PerPart { _ in BatchSink() }
        merge = EventMerge(parts: count)
        self.count = count
        self.blockLength = blockLength
    }

    /// Takes the next packet, whose bytes must stay in place until the end.
    public mutating func receive(_ packet: borrowing CapturedPacket, into sink: inout some EventSink & ~Copyable) {
        var batch = PacketBatch()
        unsafe batch.append(CapturedRecord(packet))
        receive(batch, into: &sink)
    }

    /// Takes the next packets, whose bytes must stay in place until the end; a batch is not split.
    public mutating func receive(_ batch: borrowing PacketBatch, into sink: inout some EventSink & ~Copyable) {
        guard batch.count > 0 else { return }
        if !hasBegun { pipeline.begin(at: batch.time(0), into: &sink) }
        hasBegun = true
        pipeline.deal(batch, to: &blocks, parts: count)
        dealt += batch.count
        guard dealt >= blockLength || (0..<count).contains(where: { blocks[$0].isFull }) else { return }
        dealt = 0
        handOn(into: &sink)
    }

    /// Ends the analysis.
    public mutating func finish(into sink: inout some EventSink & ~Copyable) {
        handOn(into: &sink)
        while let turn = merge.turn {
            if sinks[turn.part].batch.isEmpty { merge.complete(turn.part) } else { pass(turn, into: &sink) }
        }
        for part in 0..<count { pipeline.join(&parts[part], part, of: count, merge) }
        pipeline.finish(into: &sink)
    }

    private mutating func handOn(into sink: inout some EventSink & ~Copyable) {
        pipeline.close(&blocks)
        for part in 0..<count {
            // Parts whose batches are not needed yet keep them, and add to them.
            if sinks[part].batch.isEmpty { sinks[part].batch.removeAll() }
            while !parts[part].receive(&blocks[part], into: &sinks[part]) { sinks[part].goOn() }
            sinks[part].batch.close(after: blocks[part].lastPacket)
            blocks[part].removeAll()
            note(part)
        }
        while let turn = merge.turn, !sinks[turn.part].batch.isEmpty { pass(turn, into: &sink) }
    }

    private mutating func pass(_ turn: EventMerge.Turn, into sink: inout some EventSink & ~Copyable) {
        sinks[turn.part].batch.pass(through: turn.lastPacket, of: turn.part, &merge, into: &sink)
        note(turn.part)
    }

    private mutating func note(_ part: Int) {
        merge.advance(part, to: sinks[part].batch.nextPacket, hasEvent: !sinks[part].batch.isEmpty)
    }
}

/// Collects a part's events, and stops it from time to time.
private struct BatchSink: PartSink, ~Copyable {
    var batch = EventBatch()
    private var countSinceStop = 0

    var hasRoom: Bool { countSinceStop < 3 }

    mutating func goOn() {
        countSinceStop = 0
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        countSinceStop += 1
        batch.receive(event, at: context, payload: payload)
    }
}
