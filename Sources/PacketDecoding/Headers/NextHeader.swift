internal import WireFormat

/// The header that a ``HeaderWalk`` stands at.
enum NextHeader: Equatable {
    case ethernet
    case vlanTag
    /// Another tag after its own EtherType: its size with the EtherType after it.
    case tag(UInt8)
    /// Ethernet with a switch's tag of this size between the addresses and the EtherType.
    case ethernetWithPortTag(UInt8)
    /// This many bytes that say nothing about what follows, then Ethernet.
    case prefixedEthernet(UInt8)
    /// The same, then IP.
    case prefixedIP(UInt8)
    /// The same, then IEEE 802.2.
    case prefixedLogicalLink(UInt8)
    case frameRelay
    /// A redirected packet of WCCP in GRE.
    case redirect
    /// IEEE 802.2, with or without SNAP.
    case logicalLink
    case linuxCooked
    case linuxCooked2
    /// The 4-byte address family of BSD loopback.
    case addressFamily
    case ppp
    case pppOrCiscoHDLC
    case ciscoHDLC
    /// A direction, then PPP or Cisco HDLC.
    case pppWithDirection
    case ciscoHDLCWithDirection
    case ipOverInfiniBand
    case netfilterLog
    case packetFilterLog
    case pktap
    case radiotap
    /// The headers of Prism and AVS before IEEE 802.11.
    case wirelessLog
    /// Per-packet information.
    case packetInformation
    /// IEEE 802.11.
    case wireless(isPadded: Bool)
    /// IPv4 or IPv6, by the version.
    case ip
    case ipv4
    case ipv6
    /// An IPv6 extension header of the common form.
    case extensionHeader
    /// The IPv6 fragment header.
    case fragmentHeader
    case authenticationHeader
    case tcp
    case udp
    case vxlan
    case geneve
    case gre
    /// ERSPAN types II and III.
    case erspan
    /// GTP-U, of mobile networks.
    case gtpUser
    case tzsp
    /// L2TP versions 2 and 3 over UDP.
    case l2tp
    /// A session of L2TPv3, over IP or UDP.
    case l2tpSession
    /// An entry of an MPLS label stack.
    case mplsLabel
    case pppoe
    /// None that is read; the walk ends here.
    case none(WalkEnd)
}

extension NextHeader {
    /// The first header of a packet; nil if the link type is not supported.
    init?(_ linkType: LinkType) {
        switch linkType {
        case .ethernet: self = .ethernet
        case .linuxCooked: self = .linuxCooked
        case .linuxCooked2: self = .linuxCooked2
        case .null, .loop: self = .addressFamily
        case .raw, .rawBSD, .rawOpenBSD: self = .ip
        case .ipv4: self = .ipv4
        case .ipv6: self = .ipv6
        case .ppp: self = .ppp
        case .pppHDLC: self = .pppOrCiscoHDLC
        case .ciscoHDLC: self = .ciscoHDLC
        case .pppoe: self = .pppoe
        case .pppd, .pppWithDirection: self = .pppWithDirection
        case .ciscoHDLCWithDirection: self = .ciscoHDLCWithDirection
        case .mpls: self = .mplsLabel
        case .ipOverInfiniBand: self = .ipOverInfiniBand
        case .netfilterLog: self = .netfilterLog
        case .packetFilterLog: self = .packetFilterLog
        case .pktap: self = .pktap
        case .wireless: self = .wireless(isPadded: false)
        case .radiotap: self = .radiotap
        case .prism, .avs: self = .wirelessLog
        case .packetInformation: self = .packetInformation
        case .atm: self = .logicalLink
        case .fddi: self = .prefixedLogicalLink(13)
        case .frameRelay: self = .frameRelay
        case .slip: self = .prefixedIP(16)
        case .ipsecLog: self = .prefixedIP(12)
        case .solarisIPNET: self = .prefixedIP(24)
        // Two addresses of 8 bytes.
        case .ipOverFireWire: self = .tag(18)
        case .netANALYZER: self = .prefixedEthernet(4)
        case .netANALYZERTransparent: self = .prefixedEthernet(12)
        case .ethernetWithPreamble: self = .prefixedEthernet(8)
        case .broadcomTag: self = .ethernetWithPortTag(4)
        case .broadcomPrependedTag: self = .prefixedEthernet(4)
        case .marvellTag: self = .ethernetWithPortTag(4)
        case .marvellEtherTypeTag: self = .ethernetWithPortTag(8)
        default: return nil
        }
    }

    /// The header that an EtherType announces (IANA, IEEE 802 Numbers).
    init(etherType: UInt16) {
        switch etherType {
        case 0x0800: self = .ipv4
        case 0x86dd: self = .ipv6
        case 0x8100, 0x88a8, 0x9100: self = .vlanTag
        case 0x8847, 0x8848: self = .mplsLabel
        // VN-Tag, HSR (IEC 62439-3); E-tag (IEEE 802.1BR); Cisco MetaData.
        case 0x8926, 0x892f: self = .tag(6)
        case 0x893f, 0x8909: self = .tag(8)
        // FabricPath: the bytes before it look like an Ethernet header, and a second one follows.
        case 0x8903: self = .prefixedEthernet(2)
        case 0x8864: self = .pppoe
        // Transparent Ethernet bridging: a frame in a tunnel.
        case 0x6558: self = .ethernet
        case 0x88e5: self = .none(.tunnel(.macsec))
        case 0x88e7: self = .none(.tunnel(.providerBackbone))
        case 0x894f: self = .none(.tunnel(.nsh))
        case 0x22f3: self = .none(.tunnel(.trill))
        case 0x4305: self = .none(.tunnel(.batman))
        default: self = .none(.other)
        }
    }

    /// The header that IPv4's protocol field announces.
    init(ipv4Protocol number: UInt8) {
        switch number {
        case IPProtocol.tcp: self = .tcp
        case IPProtocol.authenticationHeader: self = .authenticationHeader
        default: self.init(tunnelProtocol: number)
        }
    }

    /// The header that IPv6's next header field, or that of an extension header, announces.
    init(ipv6Next number: UInt8) {
        switch number {
        case IPProtocol.tcp: self = .tcp
        case IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.mobility, IPProtocol.hostIdentity,
            IPProtocol.shim6:
            self = .extensionHeader
        case IPProtocol.fragment: self = .fragmentHeader
        case IPProtocol.authenticationHeader: self = .authenticationHeader
        // RFC 8200 4: hop-by-hop options come directly after the IPv6 header, where readIPv6 reads them, or nowhere.
        case IPProtocol.hopByHopOptions: self = .none(.malformed)
        default: self.init(tunnelProtocol: number)
        }
    }

    /// The header of a tunnel that IPv4 or IPv6 carries.
    private init(tunnelProtocol number: UInt8) {
        switch number {
        case IPProtocol.udp: self = .udp
        case IPProtocol.ipv4: self = .ipv4
        case IPProtocol.ipv6: self = .ipv6
        case IPProtocol.gre: self = .gre
        case IPProtocol.mpls: self = .mplsLabel
        case IPProtocol.ethernet: self = .ethernet
        case IPProtocol.etherIP: self = .prefixedEthernet(2)
        case IPProtocol.l2tp: self = .l2tpSession
        case IPProtocol.encapsulatingSecurityPayload: self = .none(.tunnel(.esp))
        default: self = .none(.other)
        }
    }
}

/// The protocol numbers that can lead from IP to TCP or UDP, tunnels included (IANA, Protocol Numbers).
@usableFromInline
enum IPProtocol {
    static let hopByHopOptions: UInt8 = 0
    /// IP in IP (RFC 2003).
    static let ipv4: UInt8 = 4
    @inlinable static var tcp: UInt8 { 6 }
    static let udp: UInt8 = 17
    /// 6in4 (RFC 4213), and IPv6 in IPv6 (RFC 2473).
    static let ipv6: UInt8 = 41
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let gre: UInt8 = 47
    /// ESP (RFC 4303).
    static let encapsulatingSecurityPayload: UInt8 = 50
    static let authenticationHeader: UInt8 = 51
    static let destinationOptions: UInt8 = 60
    /// EtherIP (RFC 3378).
    static let etherIP: UInt8 = 97
    /// L2TPv3 (RFC 3931 4.1.1).
    static let l2tp: UInt8 = 115
    static let mobility: UInt8 = 135
    /// MPLS in IP (RFC 4023).
    static let mpls: UInt8 = 137
    static let hostIdentity: UInt8 = 139
    static let shim6: UInt8 = 140
    /// Ethernet in IP, of segment routing (RFC 8986 10.1).
    static let ethernet: UInt8 = 143
}
