/// What a captured packet turned out to be.
public enum DecodedPacket: Hashable, Sendable {
    /// A TCP segment; its payload is a range of the packet's bytes.
    case segment
    /// A TCP segment of a datagram that this packet completed, the last of its fragments; its payload is a range of
    /// ``PacketDecoder/datagram``.
    case reassembled
    /// Sound, but not TCP over IP: ARP, UDP, ICMP…
    case notTCP
    /// A fragment of an IP datagram that is not complete yet, or never will be (``FragmentTotals``).
    case fragment
    /// The capture holds too little of it to reach the end of the TCP header.
    case truncated
    /// A header contradicts itself or the packet's length.
    case malformed
    /// The link type is not one that ``PacketDecoder/supports(_:)``.
    case unsupportedLinkType

    /// Whether there is a segment.
    @inlinable
    public var isSegment: Bool { self == .segment || self == .reassembled }
}

/// Why a packet gives no TCP segment.
enum NoSegment {
    case notTCP
    case fragment
    case truncated
    case malformed
}

extension DecodedPacket {
    /// What the packet is, told by why it gives no segment.
    init(_ reason: NoSegment) {
        switch reason {
        case .notTCP: self = .notTCP
        case .fragment: self = .fragment
        case .truncated: self = .truncated
        case .malformed: self = .malformed
        }
    }
}
