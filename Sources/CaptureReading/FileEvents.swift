public import CaptureAnalysis
public import PacketCapture

/// The events of capture files for `for try await`: everything that can be read, then the first error, if there was
/// one.
///
/// Files are read in the task that asks for the next event, a batch of packets at a time. A cancelled task gets no more
/// events.
public struct FileEvents: AsyncSequence, Sendable {
    private let paths: [String]
    private let filter: String?
    private let options: AnalysisOptions

    /// Names the files; the first call of `next` opens them.
    ///
    /// - Parameters:
    ///   - paths: The files' paths, merged by time as one capture; "-" is standard input.
    ///   - filter: A libpcap filter expression; only matching packets are analysed.
    ///   - options: What to do; the sources are filled in if there are none.
    public init(paths: [String], filter: String? = nil, options: AnalysisOptions = AnalysisOptions()) {
        self.paths = paths
        self.filter = filter
        self.options = options
    }

    /// Begins at the first event.
    public func makeAsyncIterator() -> Iterator {
        Iterator(paths: paths, filter: filter, options: options)
    }

    /// Reads the files as far as the next event needs.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let paths: [String]
        fileprivate let filter: String?
        fileprivate let options: AnalysisOptions
        private var reader: EventReader?
        private var hasFinished = false

        fileprivate init(paths: [String], filter: String?, options: AnalysisOptions) {
            self.paths = paths
            self.filter = filter
            self.options = options
        }

        /// The next event; nil after the last one.
        ///
        /// - Throws: What could not be read, after everything that could; an invalid filter is reported at once.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CaptureError) -> RecordedEvent? {
            guard !hasFinished, !Task.isCancelled else { return nil }
            if reader == nil { reader = try EventReader(paths: paths, filter: filter, options: options) }
            if let event = reader?.next() { return event }
            hasFinished = true
            if let problem = reader?.problems.first { throw problem }
            return nil
        }
    }
}
