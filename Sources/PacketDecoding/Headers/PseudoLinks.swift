internal import WireFormat

extension HeaderWalk {
    /// Reads a header of LINKTYPE_LINUX_SLL: packet type, device type, address length, address, protocol.
    mutating func readLinuxCooked(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(16, in: header) else { return .none(lack(of: 16)) }
        offset &+= 16
        return nextHeader(cookedProtocol: header.bigEndianUInt16(at: 14), device: header.bigEndianUInt16(at: 2))
    }

    /// Reads a header of LINKTYPE_LINUX_SLL2: protocol, interface, device type, packet type, address length, address.
    mutating func readLinuxCooked2(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(20, in: header) else { return .none(lack(of: 20)) }
        offset &+= 20
        return nextHeader(cookedProtocol: header.bigEndianUInt16(at: 0), device: header.bigEndianUInt16(at: 8))
    }

    private func nextHeader(cookedProtocol: UInt16, device: UInt16) -> NextHeader {
        // Netlink numbers its families in the protocol field.
        let netlink: UInt16 = 824
        guard device != netlink else { return .none(.other) }
        // Linux numbers IEEE 802.2 frames 4, where no EtherType can be.
        return cookedProtocol == 4 ? .logicalLink : NextHeader(etherType: cookedProtocol)
    }
}

extension HeaderWalk {
    /// Reads the address family of LINKTYPE_NULL, in the byte order of the capturing host, and of LINKTYPE_LOOP, in network
    /// byte order; no family makes sense in both, so both link types accept either.
    mutating func readAddressFamily(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        offset &+= 4
        let family = header.bigEndianUInt32(at: 0)
        switch family <= 0xffff ? family : family.byteSwapped {
        case 2: return .ipv4
        // AF_INET6 of Linux; of NetBSD, OpenBSD and Npcap; of FreeBSD; of Darwin.
        case 10, 24, 28, 30: return .ipv6
        default: return .none(.other)
        }
    }
}
