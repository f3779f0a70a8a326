package import WireFormat

/// Finds the TCP segment or UDP datagram in a captured packet: link layer, VLAN tags, tunnels, IPv4 or IPv6, fragments.
///
/// Each header names the next one (``NextHeader``). The decoder goes from header to header until it reaches TCP or UDP,
/// or knows that there is neither (``WalkEnd``). A tunnel is just one or more further headers: the innermost IP
/// addresses are those of the connection. Fragments wait here, within bounds, until their datagram is complete; then
/// decoding goes on inside it.
///
/// Checksums are not verified, since hosts that leave them to the network card have wrong ones in most captures: see
/// ``TCPSegment/checksumStatus(in:)``.
package struct PacketDecoder: Sendable {
    /// The most headers of one packet, TCP's included; a packet with more is malformed.
    ///
    /// VLAN tags and MPLS labels count one each, LLC with SNAP and IPv6 with hop-by-hop options one each, IPv6
    /// extension headers none. So a packet can be in seven VXLAN tunnels, or in 29 of IP in IP.
    static let maximumHeaders = 32
    /// The most datagrams that one packet may complete, each inside the one before: fragments of fragments.
    static let maximumDatagrams = 4

    private var fragments: FragmentTable
    /// The last reassembled datagram (``TransportPacket/reassembledTCP``, ``TransportPacket/reassembledUDP``), valid
    /// until the next packet is decoded.
    ///
    /// It consists of what preceded the IP header of the fragment that came first, the fixed part of that header (20 or
    /// 40 bytes), then the payload as far as it was captured. If the fragments took several paths, that header begins
    /// at an offset that no other packet has.
    package private(set) var datagram: [UInt8] = []
    /// Where decoding continued in that datagram: after the IP header.
    private(set) var datagramStart: (walk: HeaderWalk, next: NextHeader)?
    /// Where the payload of that datagram begins.
    package var datagramPayload: Int { datagramStart?.walk.offset ?? 0 }
    /// For a fragment, or a packet that completed a datagram: where its payload belongs; then, if the datagram is
    /// itself a fragment, where that belongs.
    package private(set) var fragmentPlaces: [FragmentPlace] = []

    /// Creates a decoder.
    package init(limits: DecodingLimits = DecodingLimits()) {
        fragments = FragmentTable(limits: limits)
    }

    /// Counts of fragments and what became of them.
    package var fragmentTotals: FragmentTotals { fragments.totals }

    /// Whether packets of this link type can be decoded.
    package static func supports(_ linkType: LinkType) -> Bool {
        NextHeader(linkType) != nil
    }

    /// Decodes a packet.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - segment: Filled in place with the segment or datagram (``UDPDatagram``), since a copy costs as much as a
    ///     header. Its payload is a range of `packet.bytes`, or of ``datagram`` if the packet completed one.
    /// - Returns: What the packet carries; unless that is TCP or UDP, `segment` is undefined.
    package mutating func decode(_ packet: borrowing CapturedPacket, into segment: inout TCPSegment) -> TransportPacket
    {
        decode(
            packet.bytes, originalLength: packet.originalLength, packet.linkType, at: packet.time, into: &segment)
    }

    /// Decodes a packet given by its parts.
    ///
    /// - Parameters:
    ///   - bytes: Its captured bytes.
    ///   - originalLength: Its length on the wire.
    ///   - linkType: Its link type.
    ///   - time: When it was captured.
    ///   - segment: Filled with the segment or datagram.
    /// - Returns: What the packet carries.
    package mutating func decode(
        _ bytes: Span<UInt8>, originalLength: Int, _ linkType: LinkType, at time: Timestamp,
        into segment: inout TCPSegment
    ) -> TransportPacket {
        // A capture file may claim a length on the wire below what it holds; the larger one counts.
        let wireLength = max(originalLength, bytes.count)
        if linkType == .ethernet, segment.readFastPath(bytes, wireLength: wireLength) { return .tcp }
        return decodeAny(bytes, wireLength: wireLength, linkType, at: time, into: &segment)
    }

    /// Decodes a packet header by header.
    @inline(never)
    mutating func decodeAny(
        _ bytes: Span<UInt8>, wireLength: Int, _ linkType: LinkType, at time: Timestamp, into segment: inout TCPSegment
    ) -> TransportPacket {
        guard let first = NextHeader(linkType) else { return .unsupportedLinkType }
        var walk = HeaderWalk(end: wireLength)
        let end = walk.findTransport(from: first, in: bytes)
        guard end == .fragment else { return walk.takeTransport(end, in: bytes, into: &segment) }
        return decodeFragment(walk, in: bytes, at: time, into: &segment)
    }

    /// Decodes a fragment; the walk has reached its payload.
    @inline(never)
    private mutating func decodeFragment(
        _ walk: HeaderWalk, in bytes: Span<UInt8>, at time: Timestamp, into segment: inout TCPSegment
    ) -> TransportPacket {
        fragmentPlaces.removeAll(keepingCapacity: true)
        var (completed, otherwise) = insertFragment(walk, in: bytes, at: time)
        for _ in 0..<PacketDecoder.maximumDatagrams {
            guard let whole = completed else { return otherwise }
            var walk = whole.walk
            let end = walk.findTransport(from: whole.nextHeader, in: whole.bytes.span)
            if end == .fragment {
                (completed, otherwise) = insertFragment(walk, in: whole.bytes.span, at: time)
                continue
            }
            let packet = walk.takeTransport(end, in: whole.bytes.span, into: &segment)
            switch packet {
            case .tcp, .udp:
                datagram = whole.bytes
                datagramStart = (whole.walk, whole.nextHeader)
                return packet == .tcp ? .reassembledTCP : .reassembledUDP
            default: return packet
            }
        }
        return .malformed
    }

    /// Adds a fragment to its datagram.
    ///
    /// - Returns: The datagram if it is complete, and otherwise what the packet is.
    private mutating func insertFragment(
        _ walk: HeaderWalk, in bytes: Span<UInt8>, at time: Timestamp
    ) -> (ReassembledDatagram?, TransportPacket) {
        guard let fragment = Fragment(walk, in: bytes) else { return (nil, .malformed) }
        fragmentPlaces.append(
            FragmentPlace(datagram: fragment.key, offset: fragment.range.lowerBound, captured: fragment.captured))
        if let end = fragment.certainEnd { return (nil, end == .tunnel(.esp) ? .tunnel(.esp) : .other) }
        return (fragments.insert(fragment, from: bytes, at: time), .fragment)
    }
}

extension HeaderWalk {
    /// Reads headers until TCP, the payload of UDP, or as far as they lead.
    mutating func findTransport(from first: NextHeader, in bytes: Span<UInt8>) -> WalkEnd {
        var next = first
        var count = 0
        while count < PacketDecoder.maximumHeaders {
            switch next {
            case .tcp: return .tcp
            case .none(let end): return end
            // Not counted: the packet's length bounds them, since each takes at least eight bytes.
            case .extensionHeader: next = readExtensionHeader(bytes)
            default:
                next = read(next, in: bytes)
                count &+= 1
            }
        }
        return .malformed
    }

    /// Reads one header, but not TCP's; returns what follows it.
    @inline(__always)
    mutating func read(_ header: NextHeader, in bytes: Span<UInt8>) -> NextHeader {
        switch header {
        case .ethernet: readEthernet(bytes)
        case .vlanTag: readVLANTag(bytes)
        case .tag(let size): readTag(bytes, size: Int(size))
        case .ethernetWithPortTag(let size): readTag(bytes, size: 14 &+ Int(size))
        case .prefixedEthernet(let size): skip(Int(size), to: .ethernet, in: bytes)
        case .prefixedIP(let size): skip(Int(size), to: .ip, in: bytes)
        case .prefixedLogicalLink(let size): skip(Int(size), to: .logicalLink, in: bytes)
        case .frameRelay: readFrameRelay(bytes)
        case .redirect: readRedirect(bytes)
        case .logicalLink: readLogicalLink(bytes)
        case .linuxCooked: readLinuxCooked(bytes)
        case .linuxCooked2: readLinuxCooked2(bytes)
        case .addressFamily: readAddressFamily(bytes)
        case .ppp: readPPP(bytes)
        case .pppOrCiscoHDLC: readPPPOrCiscoHDLC(bytes)
        case .ciscoHDLC: readCiscoHDLC(bytes)
        case .pppWithDirection: readPPPWithDirection(bytes)
        case .ciscoHDLCWithDirection: readCiscoHDLCWithDirection(bytes)
        case .ipOverInfiniBand: readIPOverInfiniBand(bytes)
        case .netfilterLog: readNetfilterLog(bytes)
        case .packetFilterLog: readPacketFilterLog(bytes)
        case .pktap: readPKTAP(bytes)
        case .radiotap: readRadiotap(bytes)
        case .wirelessLog: readWirelessLog(bytes)
        case .packetInformation: readPacketInformation(bytes)
        case .wireless(let isPadded): readWireless(bytes, isPadded: isPadded)
        case .ip: readIPVersion(bytes)
        case .ipv4: readIPv4(bytes)
        case .ipv6: readIPv6(bytes)
        case .extensionHeader: readExtensionHeader(bytes)
        case .fragmentHeader: readFragmentHeader(bytes)
        case .authenticationHeader: readAuthenticationHeader(bytes)
        case .udp: readUDP(bytes)
        case .vxlan: readVXLAN(bytes)
        case .geneve: readGeneve(bytes)
        case .gre: readGRE(bytes)
        case .erspan: readERSPAN(bytes)
        case .gtpUser: readGTPUser(bytes)
        case .tzsp: readTZSP(bytes)
        case .l2tp: readL2TP(bytes)
        case .l2tpSession: readL2TPSession(bytes)
        case .mplsLabel: readMPLSLabel(bytes)
        case .pppoe: readPPPoE(bytes)
        case .tcp, .none: header
        }
    }

    /// Fills in what the walk has found, except for fragments.
    fileprivate func takeTransport(
        _ end: WalkEnd, in bytes: Span<UInt8>, into segment: inout TCPSegment
    ) -> TransportPacket {
        var end = end
        if end == .tcp { end = readTCP(bytes, into: &segment) ?? .tcp }
        switch end {
        case .tcp: return .tcp
        case .udp:
            takeUDP(bytes, into: &segment)
            return .udp
        case .other: return .other
        case .tunnel(let tunnel): return .tunnel(tunnel)
        case .fragment: return .fragment
        case .truncated: return .truncated
        case .malformed: return .malformed
        }
    }
}
