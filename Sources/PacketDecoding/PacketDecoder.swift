public import WireFormat

/// Finds the TCP segment in a captured packet: link layer, VLAN tags, IPv4 or IPv6, TCP.
///
/// Each header names the next one (``NextHeader``), and the decoder goes from header to header until it stands at
/// TCP's or knows that there is none (``NoSegment``). Neither TCP nor IP checksums are looked at: hosts that leave them
/// to the network card have wrong ones in most captures.
public struct PacketDecoder: Sendable {
    /// How many headers one packet may have, TCP's included; a packet with more is malformed.
    ///
    /// VLAN tags and IPv6 extension headers count one each; LLC with SNAP, and IPv6 with hop-by-hop options, one.
    static let maximumHeaders = 32

    /// Makes a decoder.
    public init() {}

    /// Whether packets of this link type can be decoded.
    public static func supports(_ linkType: LinkType) -> Bool {
        NextHeader(linkType) != nil
    }

    /// Decodes a packet; the payload of a segment is a range of `packet.bytes`.
    public mutating func decode(_ packet: borrowing CapturedPacket) -> DecodedPacket {
        guard let first = NextHeader(packet.linkType) else { return .unsupportedLinkType }
        // A capture file can say that less was on the wire than it holds: what it holds counts.
        var walk = HeaderWalk(end: max(packet.originalLength, packet.bytes.count))
        if let reason = walk.findTCP(from: first, in: packet.bytes) { return DecodedPacket(reason) }
        return walk.readTCP(packet.bytes)
    }
}

extension HeaderWalk {
    /// Reads headers until TCP's is next, or says why it never will be.
    mutating func findTCP(from first: NextHeader, in bytes: Span<UInt8>) -> NoSegment? {
        var next = first
        for _ in 0..<PacketDecoder.maximumHeaders {
            switch next {
            case .ethernet: next = readEthernet(bytes)
            case .vlanTag: next = readVLANTag(bytes)
            case .logicalLink: next = readLogicalLink(bytes)
            case .linuxCooked: next = readLinuxCooked(bytes)
            case .linuxCooked2: next = readLinuxCooked2(bytes)
            case .addressFamily: next = readAddressFamily(bytes)
            case .ppp: next = readPPP(bytes)
            case .pppOrCiscoHDLC: next = readPPPOrCiscoHDLC(bytes)
            case .ciscoHDLC: next = readCiscoHDLC(bytes)
            case .ip: next = readIPVersion(bytes)
            case .ipv4: next = readIPv4(bytes)
            case .ipv6: next = readIPv6(bytes)
            case .extensionHeader: next = readExtensionHeader(bytes)
            case .fragmentHeader: next = readFragmentHeader(bytes)
            case .authenticationHeader: next = readAuthenticationHeader(bytes)
            case .tcp: return nil
            case .none(let reason): return reason
            }
        }
        return .malformed
    }
}
