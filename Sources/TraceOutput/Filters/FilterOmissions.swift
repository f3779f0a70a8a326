/// What a filter left out that nobody asked it to, and what it was asked for that is not there.
public struct FilterOmissions: Hashable, Sendable {
    /// Payloads that the pattern could not be searched for within its bounds; they count as not matching.
    public var unsearchedPayloads: UInt64 = 0
    /// Events left out since too many came before it was known whether to show their connection.
    public var undecidedEvents: UInt64 = 0
    /// Connections that have a number, which are 1 to this.
    public var connectionCount: UInt64 = 0
    /// The numbers asked for that no connection has, in order.
    public var absentConnections: [UInt64] = []

    /// Nothing.
    public init() {}
}
