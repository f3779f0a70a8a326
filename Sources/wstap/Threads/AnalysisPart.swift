import CaptureAnalysis
import TraceOutput

/// A part of an analysis, for whoever runs it: one runner at a time.
final class AnalysisPart<Batch: OutputBatch & ~Copyable>: @unchecked Sendable {
    /// What it knows.
    var part: PipelinePart
    private var sink: BatchingSink<Batch>

    /// Makes one that has seen nothing.
    ///
    /// - Parameters:
    ///   - index: Which part it is, from 0.
    ///   - options: What it is to do.
    ///   - batch: An empty batch for its events.
    init(_ index: Int, options: AnalysisOptions, _ batch: consuming Batch) {
        part = PipelinePart(options: options)
        sink = BatchingSink(batch, index)
    }

    /// Takes the packets of a block, and empties it.
    ///
    /// - Returns: Whether it has; it stops where there is no room for its events.
    func receive(
        _ block: inout PacketBlock, _ turn: Crew<PacketBlock, Batch>.Turn, of crew: Crew<PacketBlock, Batch>
    ) -> Bool {
        sink.crew = crew
        defer { sink.crew = nil }
        if !sink.hasRoom { sink.handOn() }
        guard sink.hasRoom, part.receive(&block, into: &sink) else { return false }
        sink.batch.close(behind: block.lastPacket)
        // The merge may need what there is to go on.
        if turn.isLast { sink.handOn() }
        guard sink.hasRoom else { return false }
        block.removeAll()
        return true
    }
}

/// Hands the events of a part on in batches.
private struct BatchingSink<Batch: OutputBatch & ~Copyable>: PartSink, ~Copyable {
    /// Events that were not handed on.
    var batch: Batch
    /// Whether the last batch that was to be handed on could be.
    private(set) var hasRoom = true
    /// Who runs the part, while it is run.
    var crew: Crew<PacketBlock, Batch>?
    private let part: Int

    init(_ batch: consuming Batch, _ part: Int) {
        self.batch = batch
        self.part = part
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        batch.receive(event, at: context, payload: payload)
        guard batch.isFull, hasRoom || batch.isOverfull else { return }
        // Its packet may have more.
        batch.close(behind: context.packet - 1)
        hasRoom = (batch.isOverfull ? crew?.put(&batch, of: part) : crew?.offer(&batch, of: part)) ?? false
    }

    mutating func handOn() {
        hasRoom = crew?.offer(&batch, of: part) ?? false
    }
}
