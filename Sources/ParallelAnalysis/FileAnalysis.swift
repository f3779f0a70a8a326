package import CaptureAnalysis
package import PacketCapture
package import TraceOutput

/// Takes the packets of capture files through the analysis, and its events to their output.
package protocol FileAnalysis: ~Copyable {
    /// Analyses the batch that a capture has just read.
    ///
    /// - Returns: Whether to go on.
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

    /// Creates an idle analysis.
    package init(_ options: AnalysisOptions, _ writer: consuming EventWriter<Format>) {
        pipeline = Pipeline(options: options)
        self.writer = writer
    }

    package mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool {
        pipeline.receive(capture.batch, into: &writer)
        try writer.advance(isWaiting: capture.isLive)
        return true
    }

    package mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions) {
        pipeline.finish(into: &writer)
        let omissions = try writer.finish()
        return (pipeline.summary, omissions)
    }
}
