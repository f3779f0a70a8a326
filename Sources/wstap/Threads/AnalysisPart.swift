import CaptureAnalysis

/// A part of an analysis, for whoever runs it: one runner at a time.
final class AnalysisPart: @unchecked Sendable {
    /// What it knows.
    var part: PipelinePart
    private let events: EventQueues
    /// Events that were not handed on.
    private var batch = EventBatch()

    /// Makes one that has seen nothing.
    ///
    /// - Parameters:
    ///   - options: What it is to do.
    ///   - events: Where its events go.
    init(options: AnalysisOptions, _ events: EventQueues) {
        self.events = events
        part = PipelinePart(options: options)
    }

    /// Takes the packets of its next block, and empties it.
    func receive(_ block: inout PacketBlock, _ turn: Crew<PacketBlock>.Turn, of crew: Crew<PacketBlock>) {
        var sink = BatchingSink(turn.part, events, crew)
        swap(&sink.batch, &batch)
        part.receive(&block, into: &sink)
        sink.batch.close(behind: block.lastPacket)
        // Others may need what there is to go on.
        if turn.isLast { sink.handOn() }
        swap(&sink.batch, &batch)
        block.removeAll()
    }
}

/// Hands the events of a part on in batches.
private struct BatchingSink: EventSink, ~Copyable {
    var batch = EventBatch()
    private let part: Int
    private let queues: EventQueues
    private let crew: Crew<PacketBlock>

    init(_ part: Int, _ queues: EventQueues, _ crew: Crew<PacketBlock>) {
        self.part = part
        self.queues = queues
        self.crew = crew
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        batch.append(event, at: context, payload: payload)
        guard batch.isFull else { return }
        // Its packet may have more.
        batch.close(behind: context.packet - 1)
        handOn()
    }

    mutating func handOn() {
        if !queues.offer(&batch, of: part) {
            crew.whileBlocked { queues.put(&batch, of: part) }
        }
    }
}
