import WebSocketProtocol
import WireFormat

/// The first Close frame of an end.
struct SentClose {
    /// What it says; nil where the capture lacks its code.
    var body: CloseBody?
    /// The packet that completed it.
    var packet: UInt64
    /// That packet's time.
    var time: Timestamp
    /// Where it begins: bytes from the first of its stream.
    var streamOffset: UInt64
    /// Where it ends in the TCP stream that carries it: received once that is acknowledged.
    var carriedEnd: UInt64
}
