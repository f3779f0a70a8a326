import CaptureAnalysis
import TraceOutput

/// A part of an analysis and the batch its events gather in; one runner at a time uses it.
final class AnalysisPart<Batch: OutputBatch & ~Copyable>: @unchecked Sendable {
    /// The part's state.
    var part: PipelinePart
    private var sink: BatchingSink<Batch>

    /// Creates a part that has seen nothing.
    ///
    /// - Parameters:
    ///   - index: The part, from 0.
    ///   - options: The options of the analysis.
    ///   - batch: An empty batch for its events.
    init(_ index: Int, options: AnalysisOptions, _ batch: consuming Batch) {
        part = PipelinePart(options: options)
        sink = BatchingSink(batch, index)
    }

    /// Analyses the packets of a block and empties it.
    ///
    /// - Returns: Whether the block is complete; it is not if there was no room for its events.
    func receive(
        _ block: inout PacketBlock, _ turn: Crew<PacketBlock, Batch>.Turn, of crew: Crew<PacketBlock, Batch>
    ) -> Bool {
        sink.crew = crew
        defer { sink.crew = nil }
        if !sink.hasRoom { sink.offer() }
        guard sink.hasRoom, part.receive(&block, into: &sink) else { return false }
        sink.batch.close(after: block.lastPacket)
        // The merge may need these to continue.
        if turn.isLast { sink.offer() }
        guard sink.hasRoom else { return false }
        block.removeAll()
        return true
    }
}

/// Passes a part's events to the merge in batches.
private struct BatchingSink<Batch: OutputBatch & ~Copyable>: PartSink, ~Copyable {
    /// Events that have not been forwarded yet.
    var batch: Batch
    /// Whether the last batch offered fitted.
    private(set) var hasRoom = true
    /// The crew that runs the part, while it runs.
    var crew: Crew<PacketBlock, Batch>?
    private let part: Int

    init(_ batch: consuming Batch, _ part: Int) {
        self.batch = batch
        self.part = part
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if payload.count > Self.longPayload, hasRoom { awaitTurn(of: context.turn) }
        batch.receive(event, at: context, payload: payload)
        guard batch.isFull, hasRoom || batch.isOverfull else { return }
        // The packet may have further events.
        batch.close(after: context.turn - 1)
        hasRoom = (batch.isOverfull ? crew?.put(&batch, of: part) : crew?.offer(&batch, of: part)) ?? false
    }

    /// The length in bytes from which only one part at a time keeps a copy of a payload.
    private static var longPayload: Int { 512 << 10 }

    /// Waits until the part's events are next in the merge.
    private mutating func awaitTurn(of packet: UInt64) {
        batch.close(after: max(packet, 1) - 1)
        hasRoom = crew?.put(&batch, of: part) ?? false
        if hasRoom { crew?.awaitTurn(of: part) }
    }

    mutating func offer() {
        hasRoom = crew?.offer(&batch, of: part) ?? false
    }
}
