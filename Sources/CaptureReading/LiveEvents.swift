public import CaptureAnalysis
public import PacketCapture
import WireFormat

/// The events of an interface for `for try await`, as they happen.
///
/// The sequence does not end by itself: cancel the task to end the capture. The concluding events follow then: the
/// `end` of each open session, and the summary.
public struct LiveEvents: AsyncSequence, Sendable {
    private let interface: LiveOptions
    private let filter: String?
    private let options: AnalysisOptions

    /// Names the interface; the first call of `next` opens it, which requires the permission to capture.
    ///
    /// - Parameters:
    ///   - interface: What to capture from, and how.
    ///   - filter: A libpcap filter expression; only matching packets are captured.
    ///   - options: The options of the analysis; the source is filled in if there is none.
    public init(_ interface: LiveOptions, filter: String? = nil, options: AnalysisOptions = AnalysisOptions()) {
        self.interface = interface
        self.filter = filter
        self.options = options
    }

    /// Starts capturing when the first event is asked for.
    public func makeAsyncIterator() -> Iterator { Iterator(interface: interface, filter: filter, options: options) }

    /// Takes packets whenever the next event needs them.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let interface: LiveOptions
        fileprivate let filter: String?
        fileprivate let options: AnalysisOptions
        private var capture: OpenCapture?

        fileprivate init(interface: LiveOptions, filter: String?, options: AnalysisOptions) {
            self.interface = interface
            self.filter = filter
            self.options = options
        }

        /// The next event, once it has happened; nil after the last one.
        ///
        /// - Throws: Why packets cannot be captured from the interface, or no longer.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(LiveError) -> RecordedEvent? {
            if capture == nil { capture = try OpenCapture(interface, filter: filter, options) }
            guard let capture else { return nil }
            while true {
                if let event = capture.waiting.next() { return event }
                guard !capture.hasFinished else { return nil }
                if Task.isCancelled {
                    capture.finish()
                } else if try capture.read() == 0 {
                    try? await Task.sleep(for: .milliseconds(OpenCapture.pause))
                }
            }
        }
    }
}

/// An interface that is open, and the analysis of its packets.
private final class OpenCapture {
    /// Milliseconds between two checks of an interface without packets.
    static let pause = 10
    private static let packetsAtOnce = 1024
    private static let second: Int64 = 1_000_000_000

    private var device: LiveDevice
    private var pipeline: Pipeline
    var waiting = EventList()
    private(set) var hasFinished = false
    private var lastTick = LiveDevice.now
    private var lastPacket: Timestamp?

    init(_ options: LiveOptions, filter: String?, _ analysis: AnalysisOptions) throws(LiveError) {
        device = try LiveDevice(options)
        if let filter { try device.setFilter(filter) }
        var analysis = analysis
        if analysis.sources.isEmpty { analysis.sources = [options.interface] }
        pipeline = Pipeline(options: analysis)
    }

    /// Analyses the packets that have arrived, and advances the clock if none have.
    ///
    /// - Returns: The number of packets.
    func read() throws(LiveError) -> Int {
        let count = try device.read(atMost: Self.packetsAtOnce) { packet in
            pipeline.receive(packet, into: &waiting)
            lastPacket = packet.time
        }
        let now = LiveDevice.now
        guard now.nanoseconds(since: lastTick) >= Self.second else { return count }
        lastTick = now
        // While packets wait in the kernel, the analysis's clock must not overtake them.
        if let time = count == 0 ? now : lastPacket { pipeline.advance(to: time, into: &waiting) }
        return count
    }

    func finish() {
        hasFinished = true
        let statistics = device.statistics()
        pipeline.record(
            CaptureLosses(
                droppedByKernel: statistics.droppedByKernel, droppedByInterface: statistics.droppedByInterface,
                undisplayedLines: 0))
        pipeline.finish(into: &waiting)
    }
}
