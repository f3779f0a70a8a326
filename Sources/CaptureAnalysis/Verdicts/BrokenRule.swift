import WebSocketProtocol
import WireFormat

/// The first rule that an end broke while the other end had not sent a Close frame yet.
struct BrokenRule {
    var violation: Violation
    /// When it was told.
    var time: Timestamp
    /// How many frames the other end had begun by then.
    var framesOfPeer: UInt64
}
