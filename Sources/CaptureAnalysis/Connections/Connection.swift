import TCPReassembly
import WireFormat

/// What is known of a TCP connection besides TCP: its reader.
///
/// It is kept apart from the ``TCPConnection`` in the same slot, small and close to others, since the look-ahead
/// (``Shard/prepare(_:)``) needs it while the TCP state is still on its way from memory.
struct Connection {
    /// The reader of the connection's bytes.
    enum Reader {
        /// None yet: no byte has arrived.
        case none
        /// Follows the connection up to an upgrade.
        case opening(Slot<OpeningReader>)
        /// A WebSocket session.
        case session(Slot<Session>)
        /// A layer that carries other streams.
        case layer(Slot<LayerReader>)
        /// None any more, but upgrades were seen: only the end is still to be reported.
        case stopped(Slot<OpeningReader>)
        /// None: the connection carries something else, or is over.
        case ignored
    }

    var reader = Reader.none
    /// The direction that the client sends; valid if the reader is a session.
    var client = Direction.fromInitiator
    /// The port that the client sends from; valid if the reader is a session.
    var clientPort: UInt16 = 0
}

/// The two streams that a reader reads: those of a TCP connection, or of a channel in it.
struct Feed {
    /// The connection that carries them.
    var connection: Slot<TCPConnection>
    /// The channel, if a layer decodes the streams; nil for TCP itself.
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
