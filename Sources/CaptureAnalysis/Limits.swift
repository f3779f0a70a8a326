public import HTTPUpgrade
public import PacketDecoding
import TCPReassembly
public import WebSocketProtocol

/// Every bound of the analysis.
///
/// Beyond a bound the analysis continues in less detail; it never aborts and never grows.
///
/// Bounds on all connections together are split evenly over `shards`, so that the result does not depend on the number
/// of threads.
public struct Limits: Sendable {
    /// Bounds on IP fragments, which are reassembled before connections are assigned to shards.
    public var decoding = DecodingLimits()
    /// TCP connections tracked at once.
    public var connections = 131_072
    /// Bytes that wait out of order, in all streams together.
    public var heldBytes = 64 << 20
    /// Bytes that wait out of order in one stream.
    public var heldBytesPerStream = 4 << 20
    /// Payload bytes kept of unfinished messages, in all sessions together; HTTP heads and searches for frames may take
    /// up to 3/16 of them.
    public var keptPayload = 128 << 20
    /// Bytes that layers keep, such as incomplete TLS records, on all connections together.
    ///
    /// This bound is separate, so that messages that reach theirs do not cost a connection its keys.
    public var layers = 256 << 20
    /// Bytes that decompression contexts take, in all sessions together.
    public var compression = 64 << 20
    /// Bytes that all connections together take, with everything kept of them; nil if only the bounds above count.
    ///
    /// Each of the bounds above can be reached, but not all at once.
    public var memory: Int?
    /// Bytes that receivers of the events keep for each open session; they count against ``memory``.
    package var sessionBytes = 0
    /// Bounds on HTTP heads.
    public var upgrade = UpgradeLimits()
    /// Bounds on frames and messages.
    public var stream = StreamLimits()
    /// Pings of one end that wait for their Pong; beyond this the oldest is forgotten, and counts as unanswered.
    public var outstandingPings = 64
    /// Messages of one end that wait for their acknowledgment; beyond this the oldest is not reported.
    public var outstandingMessages = 1024

    /// The most connections recorded as certainly something other than WebSocket, if demanded.
    static let others = 1 << 21

    /// The number of shards, to which connections are assigned by their ends.
    package static var shards: Int { PerShard<Int>.count }

    /// Creates the documented defaults.
    public init() {}

    /// The bounds on reassembly in one shard.
    var reassembly: ReassemblyLimits {
        var limits = ReassemblyLimits()
        limits.connections = max(1, connections / Limits.shards)
        limits.heldBytes = heldBytes / Limits.shards
        limits.heldBytesPerStream = heldBytesPerStream
        return limits
    }
}

/// A value for each shard.
///
/// This is where the number of shards is set.
package typealias PerShard<Element: ~Copyable> = InlineArray<8, Element>
