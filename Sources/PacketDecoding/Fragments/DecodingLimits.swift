/// Bounds on the fragments that wait for the rest of their datagrams.
///
/// When a bound is reached, the datagram that has waited longest is dropped and counted
/// (``FragmentTotals/evictedDatagrams``).
public struct DecodingLimits: Sendable {
    /// Datagrams that wait for fragments.
    public var datagrams = 4096
    /// Bytes that all of them hold, bookkeeping included.
    public var bytes = 16 << 20
    /// Fragments of one datagram, which is dropped when it has more.
    ///
    /// On the smallest links of IPv6, 65,535 bytes take 54.
    public var fragmentsPerDatagram = 1024
    /// Nanoseconds of packet time that a datagram may wait, from its first fragment on (RFC 791 3.2, RFC 8200 4.5
    /// name 15 and 60 seconds; this is what Linux takes for IPv4).
    public var lifetime: Int64 = 30_000_000_000
    /// Datagrams remembered, of at most 64 KiB each, after they were complete, so that a late duplicate of a fragment
    /// does not begin one anew.
    public var completedDatagrams = 16

    /// The documented defaults.
    public init() {}
}

/// What became of the fragments so far.
public struct FragmentTotals: Sendable {
    /// Datagrams put together.
    public internal(set) var reassembledDatagrams: UInt64 = 0
    /// Fragments of datagrams that are not complete, waiting ones included.
    public internal(set) var unusedFragments: UInt64 = 0
    /// Fragments that brought nothing new.
    public internal(set) var duplicateFragments: UInt64 = 0
    /// Datagrams dropped since their fragments overlap or contradict each other.
    public internal(set) var contradictoryDatagrams: UInt64 = 0
    /// Datagrams dropped since they waited too long.
    public internal(set) var overdueDatagrams: UInt64 = 0
    /// Datagrams dropped since a bound was reached.
    public internal(set) var evictedDatagrams: UInt64 = 0
    /// Datagrams that wait now.
    public internal(set) var waitingDatagrams = 0
    /// Bytes that they hold, bookkeeping included.
    public internal(set) var heldBytes = 0
}
