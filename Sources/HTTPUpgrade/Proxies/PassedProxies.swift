import WireFormat

/// The proxies that a connection has passed on its way to the server.
struct PassedProxies {
    /// The last head of the PROXY protocol, without its TLVs; empty if there was none.
    private(set) var header: [UInt8] = []
    /// How many tunnels were granted; the count stops at its highest value.
    private var tunnels: UInt8 = 0
    /// Who asked the last of them for a tunnel, and so is the client in it.
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

    /// Passes the head of a proxy that announces the client's address.
    mutating func pass(header: [UInt8]) {
        self.header = header
    }
}
