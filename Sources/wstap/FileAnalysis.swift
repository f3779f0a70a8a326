import CaptureAnalysis
import PacketCapture
import TraceOutput

/// What takes the packets of capture files through the analysis, and its events to their output.
protocol FileAnalysis: ~Copyable {
    /// Takes the batch that a capture has read last.
    ///
    /// - Returns: Whether more can be taken.
    /// - Throws: Where nothing more can be written.
    mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool

    /// Ends the analysis behind the last packet.
    ///
    /// - Returns: The totals, and what the format left out.
    /// - Throws: Where not all could be written.
    mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions)
}

/// An analysis on the thread that reads.
struct DirectAnalysis<Format: OutputFormat & ~Copyable>: FileAnalysis, ~Copyable {
    private var pipeline: Pipeline
    private var writer: EventWriter<Format>

    init(_ options: AnalysisOptions, _ writer: consuming EventWriter<Format>) {
        pipeline = Pipeline(options: options)
        self.writer = writer
    }

    mutating func receive(_ capture: inout MergedCapture) throws(OutputFile.Failure) -> Bool {
        pipeline.receive(capture.batch, into: &writer)
        try writer.advance(isWaiting: capture.isLive)
        return true
    }

    mutating func finish() throws(OutputFile.Failure) -> (Summary, FilterOmissions) {
        pipeline.finish(into: &writer)
        let omissions = try writer.finish()
        return (pipeline.summary, omissions)
    }
}
