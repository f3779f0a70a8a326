import CaptureAnalysis
import TraceOutput

/// Puts the events of all parts together, has a format print those that are not printed yet, and writes.
struct MergedOutput<Format: OutputFormat & ~Copyable, Batch: OutputBatch & ~Copyable>: ~Copyable {
    /// What prints and writes.
    var writer: EventWriter<Format>
    /// What puts the events together.
    private(set) var merge: EventMerge
    /// What was taken of each part.
    private var batches: InlineArray<8, Batch>

    /// Makes one that has seen no events.
    ///
    /// - Parameters:
    ///   - writer: What prints and writes.
    ///   - parts: How many parts there are.
    ///   - batch: Makes an empty batch.
    init(_ writer: consuming EventWriter<Format>, parts: Int, batch: () -> Batch) {
        self.writer = writer
        merge = EventMerge(parts: parts)
        batches = InlineArray { _ in batch() }
    }

    /// Writes what there is; ends the merge behind the last event.
    ///
    /// - Parameter crew: Who has the events.
    /// - Throws: Where nothing more can be written.
    mutating func writeNext<Block: ~Copyable>(of crew: Crew<Block, Batch>) throws(OutputFile.Failure) {
        while let turn = merge.turn {
            let part = turn.part
            if batches[part].isEmpty {
                batches[part].removeAll()
                switch crew.take(&batches[part], of: part) {
                case .batch: break
                case .later: return
                case .end:
                    merge.complete(part)
                    continue
                }
            }
            writer.pass(&batches[part], through: turn.lastPacket, of: part, &merge)
            merge.note(part, next: batches[part].nextPacket, hasEvent: !batches[part].isEmpty)
            try writer.advance(isWaiting: false)
        }
        crew.endMerge()
    }
}
