/// Bounds on the fragments that wait for the rest of their datagrams.
///
/// At a bound the datagram that has waited longest is dropped and counted (`FragmentTotals.evictedDatagrams`).
public struct DecodingLimits: Sendable {
    /// Datagrams that wait for fragments.
    public var datagrams = 4096
    /// Bytes that all of them hold, overhead included.
    public var bytes = 16 << 20
    /// Fragments of one datagram; one with more is dropped.
    ///
    /// On the smallest IPv6 links, 65,535 bytes take 54 fragments.
    public var fragmentsPerDatagram = 1024
    /// Nanoseconds of packet time that a datagram may wait, from its first fragment on (RFC 791 3.2 and RFC 8200 4.5
    /// suggest 15 and 60 seconds; this is Linux's value for IPv4).
    public var lifetime: Int64 = 30_000_000_000
    /// Complete datagrams remembered, of at most 64 KiB each, so that a late duplicate of a fragment does not begin a
    /// new datagram.
    public var completedDatagrams = 16

    /// The documented defaults.
    public init() {}
}

/// Counts of fragments and what became of them.
package struct FragmentTotals: Sendable {
    /// Datagrams reassembled.
    package internal(set) var reassembledDatagrams: UInt64 = 0
    /// Fragments of incomplete datagrams, waiting ones included.
    package internal(set) var unusedFragments: UInt64 = 0
    /// Fragments that brought nothing new.
    package internal(set) var duplicateFragments: UInt64 = 0
    /// Datagrams dropped because their fragments overlap or contradict each other.
    package internal(set) var contradictoryDatagrams: UInt64 = 0
    /// Datagrams dropped because they waited too long.
    package internal(set) var overdueDatagrams: UInt64 = 0
    /// Datagrams dropped at a bound.
    package internal(set) var evictedDatagrams: UInt64 = 0
    /// Datagrams waiting now.
    package internal(set) var waitingDatagrams = 0
    /// Bytes that they hold, overhead included.
    package internal(set) var heldBytes = 0
}
