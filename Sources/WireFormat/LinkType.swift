/// What the first bytes of a captured packet are, as registered in the LINKTYPE_ list of tcpdump.org.
@frozen
public struct LinkType: RawRepresentable, Hashable, Sendable {
    /// The registered number; any value can be held.
    public let rawValue: UInt32

    /// Makes a link type from its registered number.
    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// BSD loopback: a 4-byte address family in the byte order of the capturing host.
    @inlinable public static var null: LinkType { LinkType(rawValue: 0) }
    /// IEEE 802.3 Ethernet.
    @inlinable public static var ethernet: LinkType { LinkType(rawValue: 1) }
    /// PPP, with or without address and control bytes (RFC 1661, RFC 1662).
    @inlinable public static var ppp: LinkType { LinkType(rawValue: 9) }
    /// Raw IPv4 or IPv6, as some BSDs number it in capture files.
    @inlinable public static var rawBSD: LinkType { LinkType(rawValue: 12) }
    /// Raw IPv4 or IPv6, as OpenBSD numbers it.
    @inlinable public static var rawOpenBSD: LinkType { LinkType(rawValue: 14) }
    /// PPP in HDLC-like framing (RFC 1662 3), or Cisco HDLC, told apart by the first byte.
    @inlinable public static var pppHDLC: LinkType { LinkType(rawValue: 50) }
    /// Raw IPv4 or IPv6, told apart by the version nibble.
    @inlinable public static var raw: LinkType { LinkType(rawValue: 101) }
    /// Cisco HDLC: address, control, EtherType.
    @inlinable public static var ciscoHDLC: LinkType { LinkType(rawValue: 104) }
    /// OpenBSD loopback: a 4-byte address family in network byte order.
    @inlinable public static var loop: LinkType { LinkType(rawValue: 108) }
    /// Linux "cooked" capture, version 1.
    @inlinable public static var linuxCooked: LinkType { LinkType(rawValue: 113) }
    /// Raw IPv4.
    @inlinable public static var ipv4: LinkType { LinkType(rawValue: 228) }
    /// Raw IPv6.
    @inlinable public static var ipv6: LinkType { LinkType(rawValue: 229) }
    /// Linux "cooked" capture, version 2.
    @inlinable public static var linuxCooked2: LinkType { LinkType(rawValue: 276) }
}
