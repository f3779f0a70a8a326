internal import PacketDecoding
import WireFormat

/// How well a segment fits a connection between its ends if it came through another tunnel than earlier segments of its
/// direction, or if either came through none.
enum TunnelFit: Int, Comparable {
    /// It came through another tunnel, and its sequence numbers do not match.
    case none
    /// At least one of the two has no tunnel number.
    case unnumbered
    /// The other direction came through the same tunnel.
    case sameTunnel
    /// The sequence number is near the next one: routers move connections from one tunnel to another.
    case sequence

    static func < (one: TunnelFit, other: TunnelFit) -> Bool { one.rawValue < other.rawValue }
}

/// Decides which of several connections between the same ends a segment belongs to: networks may use the same private
/// addresses, each in its own tunnels (``TCPSegment/tunnel``).
extension TCPConnection {
    /// The greatest distance in bytes of a segment of this connection from the next byte: two connections are that
    /// close by chance once in 2,048.
    private static let nearness: UInt64 = 1 << 20

    /// The direction of a segment; nil if it is not between these ends.
    func direction(of segment: TCPSegment) -> Direction? {
        if initiator == segment.source, responder == segment.destination { return .fromInitiator }
        return responder == segment.source && initiator == segment.destination ? .fromResponder : nil
    }

    /// How well the segment fits this connection by its tunnel and sequence numbers.
    func tunnelFit(of segment: TCPSegment, from direction: Direction) -> TunnelFit {
        let known = tunnels[direction.index]
        let isUnnumbered = known == 0 || segment.tunnel == 0
        if isNear(segment.sequence, direction) { return .sequence }
        // A SYN ACK names the SYN that it answers before anything else of its direction is known.
        if isUnnumbered, segment.flags.contains(.ack), isNear(segment.acknowledgment, direction.opposite) {
            return .sequence
        }
        guard isUnnumbered else { return .none }
        return segment.tunnel != 0 && tunnels[direction.opposite.index] == segment.tunnel ? .sameTunnel : .unnumbered
    }

    /// Records the tunnel of a direction, unless one is already known.
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
