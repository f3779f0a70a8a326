import CaptureAnalysis

/// A thread that does a part of an analysis.
final class AnalysisThread: @unchecked Sendable {
    /// What it knows; for others once the thread has ended.
    var part: PipelinePart
    private let index: Int
    private let blocks: HandoverQueues<PacketBlock>
    private let events: HandoverQueues<EventBatch>
    private var thread: WorkerThread?

    /// Makes it ready to start.
    ///
    /// - Parameters:
    ///   - index: Which part it is, from 0.
    ///   - options: What it is to do.
    ///   - blocks: Where what it is to work on comes from.
    ///   - events: Where its events go.
    init(
        _ index: Int, options: AnalysisOptions, _ blocks: HandoverQueues<PacketBlock>,
        _ events: HandoverQueues<EventBatch>
    ) {
        self.index = index
        self.blocks = blocks
        self.events = events
        part = PipelinePart(options: options)
    }

    /// Starts the thread; false where the system has none.
    func start() -> Bool {
        thread = WorkerThread { self.analyse() }
        return thread != nil
    }

    /// Waits until it has taken all blocks, which must be complete.
    func join() {
        thread?.join()
        thread = nil
    }

    private func analyse() {
        var block = PacketBlock()
        var sink = BatchingSink(index, events)
        while true {
            if !blocks.take(&block, of: index, waits: false) {
                // Others may need what there is to go on.
                sink.handOn()
                guard blocks.take(&block, of: index) else { break }
            }
            part.receive(&block, into: &sink)
            sink.close(behind: block.lastPacket)
            block.removeAll()
        }
        events.complete(index)
    }
}

/// Hands the events of a part on in batches.
private struct BatchingSink: EventSink, ~Copyable {
    private let part: Int
    private let queues: HandoverQueues<EventBatch>
    private var batch = EventBatch()

    init(_ part: Int, _ queues: HandoverQueues<EventBatch>) {
        self.part = part
        self.queues = queues
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        batch.append(event, at: context, payload: payload)
        guard batch.isFull else { return }
        // Its packet may have more.
        close(behind: context.packet - 1)
        handOn()
    }

    /// Tells that no more events of packets up to this one will come.
    mutating func close(behind packet: UInt64) {
        batch.close(behind: packet)
    }

    mutating func handOn() {
        // Nobody wants what could not be handed on.
        if !queues.put(&batch, of: part, isLarge: batch.isLarge) { batch.removeAll() }
    }
}
