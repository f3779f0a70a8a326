public import PacketDecoding

/// What is known of a packet once it was received, for whoever keeps only some packets.
public enum PacketStanding: Hashable, Sendable {
    /// What a connection is.
    public enum Connection: Sendable {
        /// Not known yet: an upgrade may come.
        case undecided
        /// WebSocket was seen on it: it has a number.
        case webSocket
        /// Something else; or it is over, whatever it was.
        case nothing
    }

    /// A TCP segment of the connection between these ends, which is this now.
    case segment(of: ConnectionEnds, Connection)
    /// A fragment of an IP datagram that is not complete.
    case fragment
    /// Not TCP, or not readable.
    case other
}

/// The two ends of a connection, whichever of them sends.
public struct ConnectionEnds: Hashable, Sendable {
    private let lower: Endpoint
    private let upper: Endpoint

    /// Makes the pair; their order does not count.
    public init(_ one: Endpoint, _ other: Endpoint) {
        let isOrdered =
            one.address.bits == other.address.bits
            ? one.port <= other.port : one.address.bits < other.address.bits
        lower = isOrdered ? one : other
        upper = isOrdered ? other : one
    }
}
