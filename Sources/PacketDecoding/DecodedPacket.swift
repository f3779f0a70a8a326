/// What a captured packet turned out to be.
public enum DecodedPacket: Sendable {
    /// A TCP segment.
    case segment(TCPSegment)
    /// Sound, but not TCP over IP: ARP, UDP, ICMP…
    case notTCP
    /// A piece of a fragmented IP datagram; fragments are not put together.
    case fragment
    /// The capture holds too little of it to reach the end of the TCP header.
    case truncated
    /// A header contradicts itself or the packet's length.
    case malformed
    /// The link type is not one that ``PacketDecoder/supports(_:)``.
    case unsupportedLinkType
}
