internal import PacketDecoding
import WireFormat

/// How well a segment fits a connection between its ends, where it came through another tunnel than its direction's
/// segments before, or one of both came through none.
enum TunnelFit: Int, Comparable {
    /// It came through another tunnel, and its numbers are not those of the connection.
    case none
    /// One of both bears no mark.
    case unmarked
    /// The other direction came through the tunnel.
    case sameTunnel
    /// Its sequence number is about the one that is next: routers put segments from one tunnel into another.
    case sequence

    static func < (one: TunnelFit, other: TunnelFit) -> Bool { one.rawValue < other.rawValue }
}

/// Which of the connections between the same ends is meant: several networks may use the same private addresses, each in
/// tunnels of its own (``TCPSegment/tunnel``).
extension TCPConnection {
    /// Bytes around the next one that a segment may be away from it to be taken for this connection's: two connections are
    /// so near each other by chance once in 2,048.
    private static let nearness: UInt64 = 1 << 20

    /// The direction of a segment; nil where it is not between these ends.
    func direction(of segment: TCPSegment) -> Direction? {
        if initiator == segment.source, responder == segment.destination { return .fromInitiator }
        return responder == segment.source && initiator == segment.destination ? .fromResponder : nil
    }

    /// How well the segment fits this connection by its tunnel and its numbers.
    func tunnelFit(of segment: TCPSegment, from direction: Direction) -> TunnelFit {
        let known = tunnels[direction.index]
        let isUnmarked = known == 0 || segment.tunnel == 0
        if isNear(segment.sequence, direction) { return .sequence }
        // A SYN ACK says which SYN it answers before anything else of its direction is known.
        if isUnmarked, segment.flags.contains(.ack), isNear(segment.acknowledgment, direction.opposite) {
            return .sequence
        }
        guard isUnmarked else { return .none }
        return segment.tunnel != 0 && tunnels[direction.opposite.index] == segment.tunnel ? .sameTunnel : .unmarked
    }

    /// Notes the tunnel of a direction, where none was known.
    mutating func learn(tunnel: UInt32, of direction: Direction) {
        if tunnels[direction.index] == 0 { tunnels[direction.index] = tunnel }
    }

    private func isNear(_ sequence: UInt32, _ direction: Direction) -> Bool {
        guard let first = self[direction].firstSequence else { return false }
        let next = self[direction].nextOffset
        let offset = SequenceNumber.offset(of: sequence, base: first, near: next)
        return (offset &- Int64(next)).magnitude <= TCPConnection.nearness
    }
}
