import WireFormat

/// The response that accepted a session's upgrade.
struct AcceptedUpgrade {
    /// The packet that completed it.
    let origin: Origin
    /// Where it ends in the server's TCP stream; the highest number if unknown.
    ///
    /// It has 32 bits, since every session has one.
    private let nearEnd: UInt32

    /// Records a response; `end` is nil if a layer carries it.
    init(origin: Origin, end: UInt64?) {
        self.origin = origin
        nearEnd = end.map { UInt32(clamping: $0) } ?? .max
    }

    /// Where it ends in the server's TCP stream; nil if that is beyond 4 GiB, or a layer carries it.
    var end: UInt64? { nearEnd < .max ? UInt64(nearEnd) : nil }
}
