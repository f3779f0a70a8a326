extension UpgradeFollower {
    /// The bounds of what one connection may make the follower keep.
    public struct Limits: Hashable, Sendable {
        /// The longest head of a message, in bytes with its empty line; beyond it the connection is given up.
        public var head = 65_536
        /// How many requests may wait for their response; the client's stream waits when there are more.
        public var outstandingRequests = 256
        /// How many proxies may stand behind one another; beyond it the connection is given up.
        public var proxies = 4

        /// Makes the default limits.
        public init() {}
    }
}
