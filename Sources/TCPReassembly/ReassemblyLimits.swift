/// The bounds of reassembly, and when a hole becomes a gap.
package struct ReassemblyLimits: Sendable {
    /// Bytes waiting in one stream, plus 192 for each segment; beyond this the hole before them becomes a gap.
    package var heldBytesPerStream = 4 << 20
    /// Segments waiting in one stream.
    package var heldSegmentsPerStream = 8192
    /// Further packets of the connection after which an acknowledged hole becomes a gap.
    package var gapPackets: UInt64 = 32
    /// Nanoseconds of packet time after which an acknowledged hole becomes a gap.
    package var gapDelay: Int64 = 1_000_000_000

    /// Nanoseconds of silence after which a SYN with another initial sequence number is believed, since the previous
    /// connection may be gone.
    package var reopenSilence: Int64 = 60_000_000_000

    /// Connections tracked at once.
    package var connections = 16384
    /// Bytes waiting in all streams together.
    package var heldBytes = 8 << 20
    /// Nanoseconds of packet time that a closed connection is remembered for late segments: twice the maximum segment
    /// lifetime of common systems.
    package var closedLifetime: Int64 = 60_000_000_000

    /// The documented defaults.
    package init() {}
}
