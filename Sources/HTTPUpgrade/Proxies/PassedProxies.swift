import WireFormat

/// The proxies that a connection has passed on its way to the server.
struct PassedProxies {
    /// The last PROXY protocol header, without its TLVs; empty if there was none.
    private(set) var header: [UInt8] = []
    /// How many tunnels were granted; saturates.
    private var tunnels: UInt8 = 0
    /// The end that asked for the last of them, and so is the client in it.
    private(set) var tunnelClient: Direction?

    /// Enters a tunnel that `client` has asked for.
    ///
    /// - Returns: Whether the chain is still at most `limit` tunnels long.
    mutating func enterTunnel(of client: Direction, limit: Int) -> Bool {
        if tunnels < .max { tunnels += 1 }
        guard tunnels <= limit else { return false }
        tunnelClient = client
        return true
    }

    /// Records the PROXY protocol header of a proxy.
    mutating func pass(header: [UInt8]) {
        self.header = header
    }
}
