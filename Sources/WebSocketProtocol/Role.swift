/// One end of a WebSocket session: who asked for the upgrade, and who answered.
public enum Role: UInt8, Hashable, Sendable, CaseIterable {
    /// The end that asked for the upgrade.
    case client
    /// The end that answered it.
    case server

    /// Its place in a pair: 0 or 1.
    public var index: Int { Int(rawValue) }

    /// The other end.
    public var peer: Role { self == .client ? .server : .client }
}
