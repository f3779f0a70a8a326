/// What a captured packet carries, as far as its headers lead.
package enum TransportPacket: Hashable, Sendable {
    /// A TCP segment; its payload is a range of the packet's bytes.
    case tcp
    /// A TCP segment in the datagram that this packet, the last of its fragments, completed; its payload is a range of
    /// ``PacketDecoder/datagram``.
    case reassembledTCP
    /// A UDP datagram that is no tunnel (``UDPDatagram``); its payload is a range of the packet's bytes.
    case udp
    /// The same in a datagram that this packet completed; its payload is a range of ``PacketDecoder/datagram``.
    case reassembledUDP
    /// Sound, but neither TCP nor UDP over IP: ARP, ICMP…
    case other
    /// A tunnel that is not decoded.
    case tunnel(UndecodedTunnel)
    /// A fragment of an IP datagram that is not complete, and may never be (``FragmentTotals``).
    case fragment
    /// The capture holds too little of it to reach the end of the TCP or UDP header.
    case truncated
    /// A header contradicts itself or the packet's length.
    case malformed
    /// ``PacketDecoder/supports(_:)`` is false for the link type.
    case unsupportedLinkType
}

/// Where the headers of a packet lead.
enum WalkEnd: Equatable {
    /// To a TCP header.
    case tcp
    /// To the payload of a UDP datagram.
    case udp
    /// To something else.
    case other
    /// To a tunnel that is not decoded.
    case tunnel(UndecodedTunnel)
    /// To a fragment.
    case fragment
    /// Nowhere: the captured bytes end.
    case truncated
    /// Nowhere: a header contradicts itself or the packet's length.
    case malformed
}

/// A tunnel that hides its packets or is not decoded, to be named where no WebSocket is found.
package enum UndecodedTunnel: UInt8, Hashable, Sendable, CaseIterable {
    /// IPsec (RFC 4303), also over UDP (RFC 3948).
    case esp
    /// IEEE 802.1AE.
    case macsec
    case wireGuard
    case openVPN
    /// IPv6 over UDP (RFC 4380).
    case teredo
    /// RFC 9300.
    case lisp
    /// Wireless access points (RFC 5415).
    case capwap
    /// Network Service Header (RFC 8300).
    case nsh
    /// IEEE 802.1ah.
    case providerBackbone
    case vxlanGPE
    /// RFC 7510.
    case mplsOverUDP
    /// RFC 6325.
    case trill
    /// B.A.T.M.A.N. advanced, of meshes.
    case batman
    /// Generic UDP Encapsulation.
    case gue
    /// GRE (RFC 2784) around a protocol that is not decoded.
    case gre
    /// Protected frames of IEEE 802.11.
    case wirelessEncryption

    /// Its usual name.
    package var name: String {
        switch self {
        case .esp: "IPsec ESP"
        case .macsec: "MACsec"
        case .wireGuard: "WireGuard"
        case .openVPN: "OpenVPN"
        case .teredo: "Teredo"
        case .lisp: "LISP"
        case .capwap: "CAPWAP"
        case .nsh: "NSH"
        case .providerBackbone: "provider backbone bridges"
        case .vxlanGPE: "VXLAN-GPE"
        case .mplsOverUDP: "MPLS over UDP"
        case .trill: "TRILL"
        case .batman: "B.A.T.M.A.N. advanced"
        case .gue: "Generic UDP Encapsulation"
        case .gre: "GRE around another protocol"
        case .wirelessEncryption: "encrypted IEEE 802.11"
        }
    }
}
