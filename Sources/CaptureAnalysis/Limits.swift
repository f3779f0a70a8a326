public import HTTPUpgrade
public import PacketDecoding
import TCPReassembly
public import WebSocketProtocol

/// Every bound of the analysis.
///
/// Beyond a bound it goes on with less detail; it never aborts and never grows.
///
/// Bounds on all connections together are split evenly over `shards`, so that the outcome does not depend on how many
/// threads work.
public struct Limits: Sendable {
    /// Bounds on fragments of IP datagrams, which are put together before connections are dealt to shards.
    public var decoding = DecodingLimits()
    /// TCP connections tracked at once.
    public var connections = 131_072
    /// Bytes that wait out of order, in all streams together.
    public var heldBytes = 64 << 20
    /// Bytes that wait out of order in one stream.
    public var heldBytesPerStream = 4 << 20
    /// Bytes of payload kept of unfinished messages, in all sessions together; heads of HTTP messages and searches for
    /// frames take up to 3 of 16 of them.
    public var keptPayload = 128 << 20
    /// Bytes that layers keep, such as incomplete records of TLS, on all connections together.
    ///
    /// A room of their own: messages that fill theirs must not cost a connection its keys.
    public var layers = 256 << 20
    /// Bytes that contexts of decompression take, in all sessions together.
    public var compression = 64 << 20
    /// Bytes that all connections together take, with everything that is kept of them; nil if only the bounds above
    /// count.
    ///
    /// Each of the bounds above can be reached, but not all at a time.
    public var memory: Int?
    /// Bytes that whoever receives the events keeps of each open session; they count against ``memory``.
    package var sessionBytes = 0
    /// Bounds on heads of HTTP messages.
    public var upgrade = UpgradeLimits()
    /// Bounds on frames and messages.
    public var stream = StreamLimits()
    /// Pings of one end that wait for their Pong; the oldest is forgotten, and counts as unanswered.
    public var outstandingPings = 64
    /// Messages of one end that wait for their acknowledgment; beyond that, the oldest is not reported.
    public var outstandingMessages = 1024

    /// Connections that are recorded as surely something else than WebSocket, if that is asked for.
    static let others = 1 << 21

    /// The number of shards, to which connections are dealt by their ends.
    package static var shards: Int { PerShard<Int>.count }

    /// The documented defaults.
    public init() {}

    /// What one shard may use for reassembly.
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
/// This is where their number is set.
package typealias PerShard<Element: ~Copyable> = InlineArray<8, Element>
