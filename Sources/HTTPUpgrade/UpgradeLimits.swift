/// Bounds on what an ``UpgradeFollower`` keeps for one connection.
public struct UpgradeLimits: Hashable, Sendable {
    /// The longest head of a message, in bytes with its empty line; a connection with a longer one is no longer
    /// followed.
    public var head = 65_536
    /// How many requests may wait for their responses; with more, the client's stream waits.
    public var outstandingRequests = 256
    /// The longest chain of proxies; a connection with a longer one is no longer followed.
    public var proxies = 4

    /// Creates the default limits.
    public init() {}
}
