public import PacketDecoding

/// Servers whose connections are WebSocket even where the capture holds no upgrade.
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
