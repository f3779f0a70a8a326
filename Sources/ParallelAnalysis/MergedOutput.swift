import CaptureAnalysis
import TraceOutput

/// Merges the events of all parts, formats those that are not formatted yet, and writes.
struct MergedOutput<Format: OutputFormat & ~Copyable, Batch: OutputBatch & ~Copyable>: ~Copyable {
    /// Formats and writes.
    var writer: EventWriter<Format>
    /// The order and the connections' numbers.
    private(set) var merge: EventMerge
    /// The current batch of each part.
    private var batches: PerPart<Batch>

    /// Creates an output that has seen no events.
    ///
    /// - Parameters:
    ///   - writer: Formats and writes.
    ///   - parts: How many parts there are.
    ///   - batch: Creates an empty batch.
    init(_ writer: consuming EventWriter<Format>, parts: Int, batch: () -> Batch) {
        self.writer = writer
        merge = EventMerge(parts: parts)
        batches = PerPart { _ in batch() }
    }

    /// Writes the events that can be merged; ends the merge after the last.
    ///
    /// - Parameter crew: The crew whose batches to take.
    /// - Throws: If nothing more can be written.
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
            merge.advance(part, to: batches[part].nextPacket, hasEvent: !batches[part].isEmpty)
            try writer.advance(isWaiting: false)
        }
        crew.endMerge()
    }
}

/// The merge as a task of a crew; one runner at a time uses it.
final class MergeTask<Format: OutputFormat & ~Copyable, Batch: OutputBatch & ~Copyable>: @unchecked Sendable {
    /// Where the events go.
    var output: MergedOutput<Format, Batch>
    /// Why nothing more could be written; nil if everything was.
    private(set) var failure: OutputFile.Failure?

    init(_ output: consuming MergedOutput<Format, Batch>) {
        self.output = output
    }

    /// Writes the events that can be merged; ends the merge after the last, or if nothing more can be written.
    func run<Block: ~Copyable>(for crew: Crew<Block, Batch>) {
        do throws(OutputFile.Failure) {
            try output.writeNext(of: crew)
        } catch {
            failure = error
            crew.endMerge()
        }
    }
}
