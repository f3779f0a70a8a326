public import CaptureAnalysis
public import WireFormat

/// An analysis in parts on one thread: what the program does on several, in an order that is chosen.
public struct PartedPipeline: ~Copyable {
    private var pipeline: Pipeline
    private var parts: InlineArray<8, PipelinePart>
    private var sinks: InlineArray<8, BatchSink>
    private var blocks = Pipeline.Blocks { _ in PacketBlock() }
    private var merge: EventMerge
    private let count: Int
    /// How many packets are dealt before blocks are handed on.
    private let blockLength: Int
    private var dealt = 0
    private var hasBegun = false

    /// Makes one with so many parts.
    public init(options: AnalysisOptions, parts count: Int, blockLength: Int) {
        pipeline = Pipeline(options: options)
        parts = InlineArray { _ in PipelinePart(options: options) }
        sinks = InlineArray { _ in BatchSink() }
        merge = EventMerge(parts: count)
        self.count = count
        self.blockLength = blockLength
    }

    /// Takes the next packet, whose bytes must stay where they are until all is finished.
    public mutating func receive(_ packet: borrowing CapturedPacket, into sink: inout some EventSink & ~Copyable) {
        var batch = PacketBatch()
        unsafe batch.append(CapturedRecord(packet))
        receive(batch, into: &sink)
    }

    /// Takes the next packets, likewise; a batch is not torn apart.
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
        while let part = merge.needed {
            if sinks[part].isTaken { merge.complete(part) } else { take(part, into: &sink) }
            merge.replay(into: &sink)
        }
        for part in 0..<count { pipeline.join(&parts[part], part, of: count, merge) }
        pipeline.finish(into: &sink)
    }

    private mutating func handOn(into sink: inout some EventSink & ~Copyable) {
        pipeline.close(&blocks)
        for part in 0..<count {
            parts[part].receive(&blocks[part], into: &sinks[part])
            sinks[part].batch.close(behind: blocks[part].lastPacket)
            blocks[part].removeAll()
        }
        // Parts whose batches are not needed yet keep them, and add to them.
        for part in 0..<count { sinks[part].isTaken = false }
        while let part = merge.needed, !sinks[part].isTaken { take(part, into: &sink) }
    }

    private mutating func take(_ part: Int, into sink: inout some EventSink & ~Copyable) {
        merge.exchange(&sinks[part].batch, of: part)
        sinks[part].isTaken = true
        merge.replay(into: &sink)
    }
}

/// Collects what a part tells.
private struct BatchSink: EventSink, ~Copyable {
    var batch = EventBatch()
    /// Whether it was handed on since the last block.
    var isTaken = false

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        batch.append(event, at: context, payload: payload)
    }
}
