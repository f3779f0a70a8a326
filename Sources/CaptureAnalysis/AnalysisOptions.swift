/// What an analysis is to do.
public struct AnalysisOptions: Sendable {
    /// The names of the files or interfaces, for the first event.
    public var sources: [String] = []
    /// Which events to report, and how much of them.
    public var demand: EventDemand
    /// Servers whose connections are WebSocket even where the capture holds no upgrade.
    public var assumedServers = AssumedServers()
    /// Who knows what may stand between TCP and sessions, such as TLS; the first that has a layer is taken.
    package var layers: [any StreamLayerProvider] = []
    /// The bounds.
    public var limits = Limits()
    /// A number that senders cannot know, against chosen collisions in tables.
    public var secret: UInt64 = .random(in: .min ... .max)

    /// Creates options with the default bounds.
    ///
    /// - Parameter demand: Which events to report; see ``EventDemand/init()`` for the default.
    public init(demand: EventDemand = EventDemand()) {
        self.demand = demand
    }
}
