import WebSocketProtocol
import WireFormat

/// Where bytes of a session come from.
struct Provenance {
    /// Who sent them.
    var role: Role
    /// The packet that brought them, which may be an earlier one than the current packet.
    var origin: Origin
    /// How far TCP had acknowledged the stream that carried them when they were handed over; 0 if it is not needed.
    var acknowledged: UInt64 = 0

    /// The place of who sent them in a pair: 0 or 1.
    @inline(__always)
    var index: Int { role.index }
}
