import WebSocketProtocol
import WireFormat

/// One direction of a session: its decoder, and what is noted of it beside frames and messages.
struct SessionStream: ~Copyable {
    var decoder: WebSocketStream
    var traffic = SessionEnd.Traffic()
    /// Its Pings that wait for the other end's Pong.
    var pings = PingLedger()
    /// Its first Close frame, and when it was sent.
    var close: (body: CloseBody, time: Timestamp)?
    /// The packet that the frame at hand began in.
    var frameFirstPacket: UInt64 = 0
    /// The packet that the message at hand began in.
    var messageFirstPacket: UInt64 = 0
    /// The fragments seen of the message at hand.
    var fragment: UInt64 = 0

    init(_ decoder: consuming WebSocketStream) {
        self.decoder = decoder
    }
}
