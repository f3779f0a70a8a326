import CaptureAnalysis
import TraceOutput
import WebSocketProtocol

extension AnalysisOptions {
    /// What an analysis is to do for a format.
    ///
    /// - Parameters:
    ///   - format: The format.
    ///   - output: What the user wants of it.
    ///   - sources: The names of the files or interfaces.
    ///   - servers: Servers whose connections are taken for WebSocket.
    init(
        for format: borrowing some OutputFormat & ~Copyable, _ output: OutputOptions, sources: [String],
        assuming servers: AssumedServers
    ) {
        self.init()
        let needs = format.payloadNeeds
        self.sources = sources
        payload = PayloadDemand(bytes: needs.maximumBytes ?? .max, includesFrames: needs.framePayloads)
        tracksStates = output.verbose
        tellsFrames = format.needsFrames
        deliveries = format.deliveryDemand
        measuresIntervals = format.needsIntervals
        assumedServers = servers
    }
}
