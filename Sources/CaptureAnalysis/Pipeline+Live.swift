package import PacketDecoding
import TCPReassembly
public import WireFormat

/// What a live capture needs besides packets: time that passes without any, losses, and the connection of a packet.
extension Pipeline {
    /// Lets time pass in a live capture, since the pipeline has no clock of its own.
    ///
    /// Missing bytes count as a gap once they were acknowledged long enough ago, and the bytes after them are then
    /// decoded. Connections that are over are forgotten, as are those without WebSocket after an hour of silence. Every
    /// connection is visited, so call this about once a second.
    ///
    /// - Parameters:
    ///   - time: The time, by the packets' clock. No packet captured before it may still be on its way: pass the
    ///     current time if no packet waits, else the time of the last one.
    ///   - sink: The receiver of the events.
    public mutating func advance(to time: Timestamp, into sink: inout some EventSink & ~Copyable) {
        for shard in 0..<Limits.shards {
            workspace.enter(shard)
            shards[shard].advance(to: time, &workspace, &sink)
        }
    }

    /// Records the losses of the capture so far, for the summary.
    public mutating func record(_ losses: CaptureLosses) {
        workspace.summary.losses = losses
    }

    /// What is known of the last packet received, unless it was part of a batch.
    ///
    /// `mutating` so that the tables are read in place, not copied.
    package mutating func latestPacket() -> PacketStanding {
        guard workspace.packet > 0 else { return .other }
        switch ahead[0].packet {
        case .tcp, .reassembledTCP: break
        case .fragment: return .fragment
        case .udp, .reassembledUDP, .other, .tunnel, .truncated, .malformed, .unsupportedLinkType: return .other
        }
        let shard = ahead[0].shard
        let ends = ConnectionEnds(ahead[0].segment.source, ahead[0].segment.destination)
        let place = shards[shard].table.find(&ahead[0].segment, hash: ahead[0].hash)
        return .segment(of: ends, place.map { shards[shard].standing(of: $0.slot) } ?? .nothing)
    }
}

/// What is known of a packet once it was received, for callers that keep only some packets.
package enum PacketStanding: Hashable, Sendable {
    /// What a connection carries.
    package enum Connection: Sendable {
        /// Unknown so far: an upgrade may follow.
        case undecided
        /// WebSocket was seen on it, so it has a number.
        case webSocket
        /// Something else; or the connection is over, whatever it carried.
        case nothing
    }

    /// A TCP segment of the connection between these ends, and what that carries.
    case segment(of: ConnectionEnds, Connection)
    /// A fragment of an incomplete IP datagram.
    case fragment
    /// Not TCP, or unreadable.
    case other
}

/// The two ends of a connection, in either direction.
package struct ConnectionEnds: Hashable, Sendable {
    let lower: Endpoint
    let upper: Endpoint

    /// Creates the pair; the order does not matter.
    package init(_ one: Endpoint, _ other: Endpoint) {
        let isOrdered =
            one.address.bits == other.address.bits
            ? one.port <= other.port : one.address.bits < other.address.bits
        lower = isOrdered ? one : other
        upper = isOrdered ? other : one
    }
}
