/// The packet that brought bytes, and when it was captured.
///
/// Bytes may be read later than that: after bytes before them, or after a search.
@frozen
public struct Origin: Hashable, Sendable {
    /// The packet's 1-based number.
    public var packet: UInt64
    /// When it was captured.
    public var time: Timestamp

    /// The packet with this number and time.
    @inlinable @inline(__always)
    public init(packet: UInt64, time: Timestamp) {
        self.packet = packet
        self.time = time
    }
}
