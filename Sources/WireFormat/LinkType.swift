/// The kind of header that a captured packet starts with, as registered in the LINKTYPE_ list of tcpdump.org.
@frozen
public struct LinkType: RawRepresentable, Hashable, Sendable {
    /// The registered number; unregistered numbers are possible.
    public let rawValue: UInt32

    /// Creates a link type from its registered number.
    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// BSD loopback: a 4-byte address family in the byte order of the capturing host.
    @inlinable public static var null: LinkType { LinkType(rawValue: 0) }
    /// IEEE 802.3 Ethernet.
    @inlinable public static var ethernet: LinkType { LinkType(rawValue: 1) }
    /// SLIP: a direction and 15 bytes of the compressed header, then IP.
    @inlinable public static var slip: LinkType { LinkType(rawValue: 8) }
    /// PPP, with or without address and control bytes (RFC 1661, RFC 1662).
    @inlinable public static var ppp: LinkType { LinkType(rawValue: 9) }
    /// FDDI: frame control and two addresses, then IEEE 802.2.
    @inlinable public static var fddi: LinkType { LinkType(rawValue: 10) }
    /// Raw IPv4 or IPv6, as some BSDs number it in capture files.
    @inlinable public static var rawBSD: LinkType { LinkType(rawValue: 12) }
    /// Raw IPv4 or IPv6, as OpenBSD numbers it.
    @inlinable public static var rawOpenBSD: LinkType { LinkType(rawValue: 14) }
    /// PPP in HDLC-like framing (RFC 1662 3), or Cisco HDLC, told apart by the first byte.
    @inlinable public static var pppHDLC: LinkType { LinkType(rawValue: 50) }
    /// A PPPoE session (RFC 2516).
    @inlinable public static var pppoe: LinkType { LinkType(rawValue: 51) }
    /// ATM (RFC 2684): IEEE 802.2.
    @inlinable public static var atm: LinkType { LinkType(rawValue: 100) }
    /// Raw IPv4 or IPv6, told apart by the version nibble.
    @inlinable public static var raw: LinkType { LinkType(rawValue: 101) }
    /// Cisco HDLC: address, control, EtherType.
    @inlinable public static var ciscoHDLC: LinkType { LinkType(rawValue: 104) }
    /// IEEE 802.11.
    @inlinable public static var wireless: LinkType { LinkType(rawValue: 105) }
    /// Frame Relay (RFC 2427).
    @inlinable public static var frameRelay: LinkType { LinkType(rawValue: 107) }
    /// OpenBSD loopback: a 4-byte address family in network byte order.
    @inlinable public static var loop: LinkType { LinkType(rawValue: 108) }
    /// BSD's enc interfaces: what IPsec takes and gives, after 12 bytes about its state.
    @inlinable public static var ipsecLog: LinkType { LinkType(rawValue: 109) }
    /// Linux "cooked" capture, version 1.
    @inlinable public static var linuxCooked: LinkType { LinkType(rawValue: 113) }
    /// OpenBSD's and FreeBSD's packet filter log.
    @inlinable public static var packetFilterLog: LinkType { LinkType(rawValue: 117) }
    /// A header of Prism cards, then IEEE 802.11.
    @inlinable public static var prism: LinkType { LinkType(rawValue: 119) }
    /// A radiotap header, then IEEE 802.11.
    @inlinable public static var radiotap: LinkType { LinkType(rawValue: 127) }
    /// Apple's IP over IEEE 1394: two addresses of 8 bytes, EtherType.
    @inlinable public static var ipOverFireWire: LinkType { LinkType(rawValue: 138) }
    /// An AVS header, then IEEE 802.11.
    @inlinable public static var avs: LinkType { LinkType(rawValue: 163) }
    /// PPP as pppd records it: a direction in place of the address.
    @inlinable public static var pppd: LinkType { LinkType(rawValue: 166) }
    /// Per-packet information, then a packet of another link type.
    @inlinable public static var packetInformation: LinkType { LinkType(rawValue: 192) }
    /// A direction, then PPP.
    @inlinable public static var pppWithDirection: LinkType { LinkType(rawValue: 204) }
    /// A direction, then Cisco HDLC.
    @inlinable public static var ciscoHDLCWithDirection: LinkType { LinkType(rawValue: 205) }
    /// An MPLS label stack.
    @inlinable public static var mpls: LinkType { LinkType(rawValue: 219) }
    /// Solaris IPNET: 24 bytes about zones and interfaces, then IP.
    @inlinable public static var solarisIPNET: LinkType { LinkType(rawValue: 226) }
    /// Raw IPv4.
    @inlinable public static var ipv4: LinkType { LinkType(rawValue: 228) }
    /// Raw IPv6.
    @inlinable public static var ipv6: LinkType { LinkType(rawValue: 229) }
    /// Linux netfilter log: attributes, one of which holds the packet.
    @inlinable public static var netfilterLog: LinkType { LinkType(rawValue: 239) }
    /// netANALYZER: 4 bytes, then Ethernet.
    @inlinable public static var netANALYZER: LinkType { LinkType(rawValue: 240) }
    /// netANALYZER in transparent mode: 4 bytes and a preamble, then Ethernet.
    @inlinable public static var netANALYZERTransparent: LinkType { LinkType(rawValue: 241) }
    /// IP over InfiniBand (RFC 4391): addresses, EtherType.
    @inlinable public static var ipOverInfiniBand: LinkType { LinkType(rawValue: 242) }
    /// Apple's PKTAP: a header with the process and the interface, then a packet of another link type.
    @inlinable public static var pktap: LinkType { LinkType(rawValue: 258) }
    /// Ethernet after its preamble and start delimiter (IEEE 802.3br).
    @inlinable public static var ethernetWithPreamble: LinkType { LinkType(rawValue: 274) }
    /// Linux "cooked" capture, version 2.
    @inlinable public static var linuxCooked2: LinkType { LinkType(rawValue: 276) }
    /// Ethernet with a tag of a Broadcom switch after the addresses.
    @inlinable public static var broadcomTag: LinkType { LinkType(rawValue: 281) }
    /// Ethernet after a tag of a Broadcom switch.
    @inlinable public static var broadcomPrependedTag: LinkType { LinkType(rawValue: 282) }
    /// Ethernet with a tag of a Marvell switch after the addresses.
    @inlinable public static var marvellTag: LinkType { LinkType(rawValue: 284) }
    /// The same, with an EtherType of its own.
    @inlinable public static var marvellEtherTypeTag: LinkType { LinkType(rawValue: 285) }
}

extension LinkType: CustomStringConvertible {
    /// ``name``.
    public var description: String { name }

    /// Its usual name, for messages, such as "Ethernet" or "IEEE 802.11"; otherwise "link type N".
    public var name: String {
        switch rawValue {
        case 0: "BSD loopback"
        case 1: "Ethernet"
        case 3: "AX.25"
        case 6: "Token Ring"
        case 7: "ARCNET"
        case 8: "SLIP"
        case 9: "PPP"
        case 10: "FDDI"
        case 12, 14, 101: "Raw IP"
        case 50: "PPP in HDLC framing"
        case 51: "PPPoE"
        case 100: "ATM RFC 1483"
        case 104: "Cisco HDLC"
        case 105: "IEEE 802.11"
        case 107: "Frame Relay"
        case 108: "OpenBSD loopback"
        case 109: "OpenBSD IPsec"
        case 113: "Linux cooked"
        case 114: "LocalTalk"
        case 117: "OpenBSD pflog"
        case 119: "IEEE 802.11 with Prism header"
        case 122: "IP over Fibre Channel"
        case 123: "SunATM"
        case 127: "IEEE 802.11 with radiotap header"
        case 138: "IP over IEEE 1394"
        case 140: "SS7 MTP2"
        case 141: "SS7 MTP3"
        case 142: "SS7 SCCP"
        case 143: "DOCSIS"
        case 144: "Linux IrDA"
        case 147...162: "user \(rawValue - 147)"
        case 163: "IEEE 802.11 with AVS header"
        case 165: "BACnet MS/TP"
        case 166: "pppd"
        case 177: "Linux LAPD"
        case 187, 201: "Bluetooth HCI"
        case 186, 189, 220: "USB"
        case 192: "per-packet information"
        case 195, 215, 230: "IEEE 802.15.4"
        case 197: "Endace ERF"
        case 202: "AX.25 KISS"
        case 203: "LAPD"
        case 204: "PPP with direction"
        case 205: "Cisco HDLC with direction"
        case 206: "Frame Relay with direction"
        case 209: "I2C"
        case 210: "FlexRay"
        case 212: "LIN"
        case 219: "MPLS"
        case 224, 225: "Fibre Channel"
        case 226: "Solaris IPNET"
        case 227: "CAN"
        case 228: "Raw IPv4"
        case 229: "Raw IPv6"
        case 231: "D-Bus"
        case 239: "Linux netfilter log"
        case 240, 241: "netANALYZER"
        case 242: "IP over InfiniBand"
        case 243: "MPEG-2 transport stream"
        case 247: "InfiniBand"
        case 248: "SCTP"
        case 249: "USBPcap"
        case 251: "Bluetooth LE"
        case 252: "Wireshark upper PDU"
        case 253: "Linux netlink"
        case 254: "Bluetooth monitor"
        case 256: "Bluetooth LE with radio header"
        case 258: "PKTAP"
        case 264: "ISO 14443"
        case 266: "USB Darwin"
        case 271: "vsock"
        case 272: "Nordic Bluetooth LE"
        case 274: "Ethernet with preamble"
        case 275: "DisplayPort AUX"
        case 276: "Linux cooked 2"
        case 281, 282: "Ethernet with Broadcom tag"
        case 284, 285: "Ethernet with Marvell tag"
        case 288: "USB 2.0"
        default: "link type \(rawValue)"
        }
    }
}
