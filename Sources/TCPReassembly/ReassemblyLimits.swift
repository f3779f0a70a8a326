/// Bounds of reassembly, and when a hole counts as a gap.
public struct ReassemblyLimits: Sendable {
    /// Bytes that wait in one stream, 128 more for each segment; beyond it the hole before them counts as a gap.
    public var heldBytesPerStream = 4 << 20
    /// Segments that wait in one stream.
    public var heldSegmentsPerStream = 8192
    /// Further packets of the connection after which an acknowledged hole counts as a gap.
    public var gapPackets: UInt64 = 32
    /// Nanoseconds of packet time after which an acknowledged hole counts as a gap.
    public var gapDelay: Int64 = 1_000_000_000

    /// Nanoseconds of silence after which a SYN with another initial sequence number is taken at its word, as nothing
    /// may be left of the connection that it meets.
    public var reopenSilence: Int64 = 60_000_000_000

    /// Connections tracked at once.
    public var connections = 16384
    /// Bytes that wait in all streams together.
    public var heldBytes = 8 << 20
    /// Nanoseconds of packet time that a closed connection is remembered for its stragglers: twice the maximum segment
    /// lifetime of common systems.
    public var closedLifetime: Int64 = 60_000_000_000

    /// The documented defaults.
    public init() {}
}
