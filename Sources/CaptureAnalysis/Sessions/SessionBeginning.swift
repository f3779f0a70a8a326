import WebSocketProtocol
import WireFormat

/// The beginning of a session.
struct SessionBeginning {
    /// The direction that the client sends.
    var client: Direction
    /// Where its streams begin, by ``Direction/index``.
    var offsets: InlineArray<2, UInt64>
    /// Whether a layer carries it.
    var isCarried: Bool
    /// The extensions that the upgrade negotiated; nil if the capture lacks it.
    var extensions: [WebSocketExtension]?
    /// Nanoseconds from the capture's first packet to the upgrade request; nil if there is none.
    var requestElapsed: Int64?
    /// The packet that shows that the session is open: that of the response, or of the first bytes kept; nil for the
    /// current one.
    var opened: Origin?
}
