import TraceOutput

/// Where the events of all parts of an analysis come together, for whoever runs it: one runner at a time.
final class MergingPart<Format: OutputFormat & ~Copyable, Batch: OutputBatch & ~Copyable>: @unchecked Sendable {
    /// What it writes to.
    var output: MergedOutput<Format, Batch>
    /// Why nothing more could be written; nil where all was.
    private(set) var failure: OutputFile.Failure?

    init(_ output: consuming MergedOutput<Format, Batch>) {
        self.output = output
    }

    /// Writes what there is; ends the merge behind the last event, or where nothing more can be written.
    func run<Block: ~Copyable>(for crew: Crew<Block, Batch>) {
        do throws(OutputFile.Failure) {
            try output.writeNext(of: crew)
        } catch {
            failure = error
            crew.endMerge()
        }
    }
}
