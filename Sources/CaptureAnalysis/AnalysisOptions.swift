public import PacketDecoding
package import TLSDecryption
package import WireFormat

/// What an analysis is to do.
public struct AnalysisOptions: Sendable {
    /// The names of the files or interfaces, for the first event.
    public var sources: [String] = []
    /// Which events to report, and how much of them.
    public var demand: EventDemand
    /// Servers whose connections are WebSocket even if the capture holds no upgrade.
    public var assumedServers = AssumedServers()
    /// What may stand between TCP and sessions beside TLS; the first provider that offers a layer is taken.
    package var layers: [any StreamLayerProvider] = []
    /// The secrets of TLS connections; nil if there are none, and none will come.
    package var secrets: SecretStore?
    /// Whether to collect the connections that are surely something else (``Pipeline/othersForSure``).
    package var collectsOthers = false
    /// The whole capture, if the packets are a part of one.
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
    /// Ports of any server.
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

/// From when to when a capture goes, of which only a part is analysed.
package struct CaptureSpan: Hashable, Sendable {
    /// The time of its first packet.
    package var start: Timestamp
    /// The time of its last packet: what is open then is judged by it.
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
