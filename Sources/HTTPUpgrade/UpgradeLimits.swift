/// The bounds of what one connection may make an ``UpgradeFollower`` keep.
public struct UpgradeLimits: Hashable, Sendable {
    /// The longest head of a message, in bytes with its empty line; a connection with a longer one is given up.
    public var head = 65_536
    /// How many requests may wait for their response; with more, the client's stream waits.
    public var outstandingRequests = 256
    /// The longest chain of proxies; beyond it the connection is given up.
    public var proxies = 4

    /// Creates the default limits.
    public init() {}
}
