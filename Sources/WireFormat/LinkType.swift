/// What the first bytes of a captured packet are, as registered in the LINKTYPE_ list of tcpdump.org.
public struct LinkType: RawRepresentable, Hashable, Sendable {
    /// The registered number; any value can be held.
    public let rawValue: UInt32

    /// Makes a link type from its registered number.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// BSD loopback: a 4-byte address family in the byte order of the capturing host.
    public static let null = LinkType(rawValue: 0)
    /// IEEE 802.3 Ethernet.
    public static let ethernet = LinkType(rawValue: 1)
    /// PPP, with or without address and control bytes (RFC 1661, RFC 1662).
    public static let ppp = LinkType(rawValue: 9)
    /// Raw IPv4 or IPv6, as some BSDs number it in capture files.
    public static let rawBSD = LinkType(rawValue: 12)
    /// Raw IPv4 or IPv6, as OpenBSD numbers it.
    public static let rawOpenBSD = LinkType(rawValue: 14)
    /// Raw IPv4 or IPv6, told apart by the version nibble.
    public static let raw = LinkType(rawValue: 101)
    /// OpenBSD loopback: a 4-byte address family in network byte order.
    public static let loop = LinkType(rawValue: 108)
    /// Linux "cooked" capture, version 1.
    public static let linuxCooked = LinkType(rawValue: 113)
    /// Raw IPv4.
    public static let ipv4 = LinkType(rawValue: 228)
    /// Raw IPv6.
    public static let ipv6 = LinkType(rawValue: 229)
    /// Linux "cooked" capture, version 2.
    public static let linuxCooked2 = LinkType(rawValue: 276)
}
