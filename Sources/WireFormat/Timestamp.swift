/// A packet's time: nanoseconds since 1970-01-01T00:00:00 UTC, not counting leap seconds.
///
/// Captures may hold any time, and times that run backwards.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Nanoseconds since the epoch; negative before it.
    public var nanoseconds: Int64

    /// Creates a timestamp from nanoseconds since the epoch.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Orders by time.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The nanoseconds from `earlier` to this time, negative if `earlier` is later; clamped to 64 bits.
    @inlinable
    public func nanoseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return overflow ? (nanoseconds < 0 ? .min : .max) : difference
    }
}

extension Timestamp: CustomStringConvertible {
    /// Seconds since the epoch with nine decimals: "1795195440.000001000".
    public var description: String {
        let magnitude = nanoseconds.magnitude
        let fraction = String(magnitude % 1_000_000_000)
        let zeros = String(repeating: "0", count: 9 - fraction.utf8.count)
        return "\(nanoseconds < 0 ? "-" : "")\(magnitude / 1_000_000_000).\(zeros)\(fraction)"
    }
}

/// The packet that brought bytes, and when it was captured.
///
/// The bytes may be read later: after a hole before them is filled, or after a search.
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
