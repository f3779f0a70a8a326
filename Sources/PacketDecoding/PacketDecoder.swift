public import WireFormat

/// Finds the TCP segment in a captured packet: link layer, VLAN tags, tunnels, IPv4 or IPv6, fragments, TCP.
///
/// Each header names the next one (``NextHeader``), and the decoder goes from header to header until it stands at
/// TCP's or knows that there is none (``NoSegment``). A tunnel is one more header, or a few: the innermost IP addresses
/// are those of the connection. Fragments wait here, within bounds, until their datagram is complete, in which the
/// search then goes on. Neither TCP nor IP checksums are looked at, since hosts that leave them to the network card have
/// wrong ones in most captures: ``TCPSegment/checksumStatus(in:)`` tells when asked.
public struct PacketDecoder: Sendable {
    /// How many headers one packet may have, TCP's included; a packet with more is malformed.
    ///
    /// VLAN tags, MPLS labels and IPv6 extension headers count one each; LLC with SNAP, and IPv6 with hop-by-hop
    /// options, one. So a packet can be in seven tunnels of VXLAN, or in 29 of IP in IP.
    static let maximumHeaders = 32
    /// How many datagrams one packet may complete, each inside the one before: fragments of fragments.
    static let maximumDatagrams = 4

    private var fragments: FragmentTable
    /// The datagram that the last ``DecodedPacket/reassembled(_:)`` was found in, valid until the next packet is decoded:
    /// the fixed IP header of one of the fragments (20 or 40 bytes), then the whole payload as far as it was captured.
    public private(set) var datagram: [UInt8] = []

    /// Makes a decoder.
    public init(limits: DecodingLimits = DecodingLimits()) {
        fragments = FragmentTable(limits: limits)
    }

    /// What became of the fragments so far.
    public var fragmentTotals: FragmentTotals { fragments.totals }

    /// Whether packets of this link type can be decoded.
    public static func supports(_ linkType: LinkType) -> Bool {
        NextHeader(linkType) != nil
    }

    /// Decodes a packet.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - segment: Where to put the segment that is found; its payload is a range of `packet.bytes`, or of ``datagram``
    ///     where the packet completed one. It is filled in place, since a copy costs as much as a header.
    /// - Returns: What the packet is; without a segment, what `segment` holds then means nothing.
    public mutating func decode(_ packet: borrowing CapturedPacket, into segment: inout TCPSegment) -> DecodedPacket {
        decode(
            packet.bytes, originalLength: packet.originalLength, packet.linkType, at: packet.time, into: &segment)
    }

    /// Decodes a packet that is given by what it holds.
    ///
    /// - Parameters:
    ///   - bytes: Its captured bytes, in which the segment's payload is.
    ///   - originalLength: How many it had on the wire.
    ///   - linkType: What the first of them is.
    ///   - time: When it was captured.
    ///   - segment: Where to put the segment that is found.
    /// - Returns: What the packet is.
    public mutating func decode(
        _ bytes: Span<UInt8>, originalLength: Int, _ linkType: LinkType, at time: Timestamp,
        into segment: inout TCPSegment
    ) -> DecodedPacket {
        // A capture file can say that less was on the wire than it holds: what it holds counts.
        let wireLength = max(originalLength, bytes.count)
        if linkType == .ethernet, segment.readFastPath(bytes, wireLength: wireLength) { return .segment }
        return decodeAny(bytes, wireLength: wireLength, linkType, at: time, into: &segment)
    }

    /// Decodes a packet header by header.
    @inline(never)
    mutating func decodeAny(
        _ bytes: Span<UInt8>, wireLength: Int, _ linkType: LinkType, at time: Timestamp, into segment: inout TCPSegment
    ) -> DecodedPacket {
        guard let first = NextHeader(linkType) else { return .unsupportedLinkType }
        var walk = HeaderWalk(end: wireLength)
        guard let reason = walk.findTCP(from: first, in: bytes) else {
            return walk.readTCP(bytes, into: &segment).map(DecodedPacket.init) ?? .segment
        }
        guard reason == .fragment else { return DecodedPacket(reason) }
        return decodeFragment(walk, in: bytes, at: time, into: &segment)
    }

    /// Goes on with a packet that is a fragment, to whose payload the walk has come.
    @inline(never)
    private mutating func decodeFragment(
        _ walk: HeaderWalk, in bytes: Span<UInt8>, at time: Timestamp, into segment: inout TCPSegment
    ) -> DecodedPacket {
        var (completed, otherwise) = insertFragment(walk, in: bytes, at: time)
        for _ in 0..<PacketDecoder.maximumDatagrams {
            guard let whole = completed else { return otherwise }
            var walk = whole.walk
            let reason = walk.findTCP(from: whole.nextHeader, in: whole.bytes.span)
            if reason == .fragment {
                (completed, otherwise) = insertFragment(walk, in: whole.bytes.span, at: time)
                continue
            }
            if let reason = reason ?? walk.readTCP(whole.bytes.span, into: &segment) { return DecodedPacket(reason) }
            datagram = whole.bytes
            return .reassembled
        }
        return .malformed
    }

    /// Puts a fragment to the others of its datagram.
    ///
    /// - Returns: The datagram, when it is complete; and what the packet is when it is not.
    private mutating func insertFragment(
        _ walk: HeaderWalk, in bytes: Span<UInt8>, at time: Timestamp
    ) -> (ReassembledDatagram?, DecodedPacket) {
        guard let fragment = Fragment(walk, in: bytes) else { return (nil, .malformed) }
        guard !fragment.isNotTCP else { return (nil, .notTCP) }
        return (fragments.insert(fragment, from: bytes, at: time), .fragment)
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
            case .udp: next = readUDP(bytes)
            case .vxlan: next = readVXLAN(bytes)
            case .geneve: next = readGeneve(bytes)
            case .gre: next = readGRE(bytes)
            case .mplsLabel: next = readMPLSLabel(bytes)
            case .pppoe: next = readPPPoE(bytes)
            case .none(let reason): return reason
            }
        }
        return .malformed
    }
}
