internal import WireFormat

extension HeaderWalk {
    /// Reads the address family of LINKTYPE_NULL, which has the byte order of the host that captured, and of
    /// LINKTYPE_LOOP, which has network byte order; no family is sound in both orders, so either is taken for either.
    mutating func readAddressFamily(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        offset &+= 4
        let family = header.bigEndianUInt32(at: 0)
        switch family <= 0xffff ? family : family.byteSwapped {
        case 2: return .ipv4
        // AF_INET6 of Linux; of NetBSD, OpenBSD and Npcap; of FreeBSD; of Darwin.
        case 10, 24, 28, 30: return .ipv6
        default: return .none(.notTCP)
        }
    }
}
