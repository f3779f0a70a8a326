package import CaptureAnalysis
package import PacketCapture
package import TraceOutput

/// Passes the packets of capture files through the analysis, and its events to their output.
package protocol FileAnalysis: ~Copyable {
    /// Analyses the batch that a capture has just read.
    ///
    /// - Returns: Whether to continue.
    /// - Throws: If nothing more can be written.
    mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool

    /// Ends the analysis after the last packet.
    ///
    /// - Returns: The totals, and what the format left out.
    /// - Throws: If not everything could be written.
    mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions)
}

/// An analysis on the thread that reads.
package struct DirectAnalysis<Format: OutputFormat & ~Copyable>: FileAnalysis, ~Copyable {
    private var pipeline: Pipeline
    private var writer: EventWriter<Format>
    /// Batches since the writer was last asked whether it has enough to write.
    private var unwrittenBatches = 0

    /// How many batches pass between two checks, since one takes as many instructions as a third of a packet.
    private static var batchesPerWrite: Int { 8 }

    /// Creates an idle analysis.
    package init(_ options: AnalysisOptions, _ writer: consuming EventWriter<Format>) {
        pipeline = Pipeline(options: options)
        self.writer = writer
    }

    package mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool {
        pipeline.receive(capture.batch, into: &writer)
        unwrittenBatches &+= 1
        if capture.isLive || unwrittenBatches >= Self.batchesPerWrite {
            unwrittenBatches = 0
            try writer.advance(isWaiting: capture.isLive)
        }
        return true
    }

    package mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions) {
        pipeline.finish(into: &writer)
        let omissions = try writer.finish()
        return (pipeline.summary, omissions)
    }
}
