import TCPReassembly
import WireFormat

/// What is known of a TCP connection beside TCP: who reads it.
///
/// It stands apart from the ``TCPConnection`` in the same slot, small and close to others, since a look ahead
/// (``Shard/prepare(_:)``) needs it while that one is still on its way from memory.
struct Connection {
    /// Who reads its bytes.
    enum Reader {
        /// Nobody yet: no byte has come.
        case none
        /// Follows it up to an upgrade.
        case opening(Slot<OpeningReader>)
        /// A WebSocket session.
        case session(Slot<Session>)
        /// Something that carries other streams.
        case layer(Slot<LayerReader>)
        /// Nobody any more, but upgrades were seen: only the end is still to be reported.
        case stopped(Slot<OpeningReader>)
        /// Nobody: it is something else, or it is over.
        case ignored
    }

    var reader = Reader.none
    /// The direction that the client sends; counts if the reader is a session.
    var client = Direction.fromInitiator
    /// The port that the client sends from; counts likewise.
    var clientPort: UInt16 = 0
}

/// The two streams that a reader reads: of a TCP connection, or of a channel inside it.
struct Feed {
    /// The connection that carries them.
    var connection: Slot<TCPConnection>
    /// The channel, if a layer decodes it; else TCP itself.
    var channel: Slot<Channel>?

    /// The streams of a TCP connection.
    init(_ connection: Slot<TCPConnection>) {
        self.connection = connection
    }

    /// The streams of a channel of a connection.
    init(_ connection: Slot<TCPConnection>, _ channel: Slot<Channel>) {
        self.connection = connection
        self.channel = channel
    }
}
