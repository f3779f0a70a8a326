public import PacketDecoding
package import TLSDecryption
package import WireFormat

/// The options of an analysis.
public struct AnalysisOptions: Sendable {
    /// The names of the files or interfaces, for the first event.
    public var sources: [String] = []
    /// Which events to report, and how much of them.
    public var demand: EventDemand
    /// Servers whose connections are WebSocket even if the capture holds no upgrade.
    public var assumedServers = AssumedServers()
    /// The layers that may lie between TCP and sessions besides TLS; the first provider that offers one is used.
    package var layers: [any StreamLayerProvider] = []
    /// The secrets of TLS connections; nil if there are none and none will come.
    package var secrets: SecretStore?
    /// Whether to collect connections that certainly carry something else (``Pipeline/othersForSure``).
    package var collectsOthers = false
    /// The span of the whole capture, if the packets are only a part of it.
    package var whole: CaptureSpan?
    /// The bounds.
    public var limits = Limits()
    /// Seeds the hashes of tables, so that senders cannot choose colliding addresses; random by default.
    public var secret: UInt64 = .random(in: .min ... .max)

    /// Creates options with the default bounds.
    ///
    /// - Parameter demand: Which events to report; see ``EventDemand/init()`` for the default.
    public init(demand: EventDemand = EventDemand()) {
        self.demand = demand
    }
}

/// Servers whose connections are WebSocket even if the capture holds no upgrade.
public struct AssumedServers: Sendable {
    /// Ports on any server.
    public var ports: Set<UInt16> = []
    /// Servers by address and port.
    public var endpoints: Set<Endpoint> = []

    /// Assumes nothing.
    public init() {}

    /// Whether nothing is assumed.
    public var isEmpty: Bool { ports.isEmpty && endpoints.isEmpty }

    /// Whether this end is such a server.
    func contains(_ end: Endpoint) -> Bool {
        ports.contains(end.port) || endpoints.contains(end)
    }
}

/// The span of a capture, only part of which is analysed.
package struct CaptureSpan: Hashable, Sendable {
    /// The time of its first packet.
    package var start: Timestamp
    /// The time of its last packet, at which connections still open are judged.
    package var end: Timestamp
    /// The number of its last packet, if packets have kept their numbers.
    package var lastPacket: UInt64?

    /// Creates a span.
    package init(start: Timestamp, end: Timestamp, lastPacket: UInt64?) {
        self.start = start
        self.end = end
        self.lastPacket = lastPacket
    }
}
