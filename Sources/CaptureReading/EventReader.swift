public import CaptureAnalysis
public import PacketCapture

/// The events of capture files, one by one: an application can hold the reader and take the next event whenever it
/// likes.
///
/// It reads only as far as the next event needs, and keeps the events of at most a few packets. `Pipeline` does the
/// same without copying payloads, for a caller that takes events as they come.
public final class EventReader: Sequence, IteratorProtocol {
    private var capture: MergedCapture
    private var pipeline: Pipeline
    private var waiting = EventList()
    private var hasFinished = false

    /// Opens the files.
    ///
    /// - Parameters:
    ///   - paths: The files' paths, merged by time as one capture; "-" is standard input.
    ///   - filter: A libpcap filter expression; only matching packets are analysed.
    ///   - options: What to do; the sources are filled in if there are none.
    /// - Throws: `badFilter` and `repeatedStandardInput` only; files that cannot be opened are in ``problems``.
    public init(
        paths: [String], filter: String? = nil, options: AnalysisOptions = AnalysisOptions()
    ) throws(CaptureError) {
        capture = try MergedCapture(paths: paths, filter: filter)
        var options = options
        if options.sources.isEmpty { options.sources = paths }
        pipeline = Pipeline(options: options)
    }

    /// What could not be read so far, in the order it was found: files that are missing, damaged or cut short.
    ///
    /// Everything else was read: check this after the last event.
    public var problems: [CaptureError] { capture.problems }

    /// The totals so far.
    public var summary: Summary { pipeline.summary }

    /// The next event; nil after the last one.
    public func next() -> RecordedEvent? {
        while true {
            if let event = waiting.next() { return event }
            guard !hasFinished else { return nil }
            if capture.readBatch() {
                pipeline.receive(capture.batch, into: &waiting)
            } else {
                hasFinished = true
                pipeline.finish(into: &waiting)
            }
        }
    }
}
