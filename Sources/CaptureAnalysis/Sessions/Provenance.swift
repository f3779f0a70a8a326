import WebSocketProtocol
import WireFormat

/// Where bytes of a session come from.
struct Provenance {
    /// Who sent them.
    var role: Role
    /// The packet that brought them, which may be earlier than the current one.
    var origin: Origin
    /// How far TCP had acknowledged the stream that carried them when they were delivered; 0 if not needed.
    var acknowledged: UInt64 = 0

    /// The index of their sender in a pair: 0 or 1.
    @inline(__always)
    var index: Int { role.index }
}
