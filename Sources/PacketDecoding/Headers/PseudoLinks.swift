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
    /// Reads the address family of LINKTYPE_NULL, in the byte order of the capturing host, and of LINKTYPE_LOOP, in
    /// network byte order.
    ///
    /// No family is valid in both orders, so either is accepted for both link types.
    mutating func readAddressFamily(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        offset &+= 4
        let family = header.bigEndianUInt32(at: 0)
        switch family <= 0xffff ? family : family.byteSwapped {
        case 2: return .ipv4
        // AF_INET6 of Linux; of Windows; of NetBSD, OpenBSD and Npcap; of FreeBSD; of Darwin.
        case 10, 23, 24, 28, 30: return .ipv6
        default: return .none(.other)
        }
    }
}

extension HeaderWalk {
    /// Reads a header of LINKTYPE_IPOIB: 40 bytes of addresses, an EtherType, and 2 reserved bytes.
    mutating func readIPOverInfiniBand(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(44, in: header) else { return .none(lack(of: 44)) }
        offset &+= 44
        return NextHeader(etherType: header.bigEndianUInt16(at: 40))
    }

    /// Reads a header of LINKTYPE_FRELAY: an address of 2 to 4 bytes, whose last one has bit 0 set, a control byte, and
    /// the protocol's number (RFC 2427 3).
    mutating func readFrameRelay(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        var length = 2
        while true {
            guard holds(length &+ 2, in: header) else { return .none(lack(of: length &+ 2)) }
            guard header[length &- 1] & 1 == 0, length < 4 else { break }
            length &+= 1
        }
        guard header[length] == 0x03 else { return .none(.other) }
        switch header[length &+ 1] {
        case 0xcc:
            offset &+= length &+ 2
            return .ipv4
        case 0x8e:
            offset &+= length &+ 2
            return .ipv6
        // RFC 2427 3.3: a byte of padding may come first.
        case 0x00, 0x80:
            let start = length &+ (header[length &+ 1] == 0 ? 3 : 2)
            guard holds(start &+ 5, in: header) else { return .none(lack(of: start &+ 5)) }
            guard header[start &- 1] == 0x80, header[start] == 0, header[start &+ 1] == 0, header[start &+ 2] == 0
            else {
                return .none(.other)
            }
            offset &+= start &+ 5
            return NextHeader(etherType: header.bigEndianUInt16(at: start &+ 3))
        default: return .none(.other)
        }
    }

    /// Reads a message of LINKTYPE_NFLOG: address family, version, group, then attributes, one of which is the packet
    /// from its network header on.
    ///
    /// Lengths and types of attributes have the byte order of the capturing host.
    mutating func readNetfilterLog(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        guard header[1] == 0 else { return .none(.other) }
        let bridge: UInt8 = 7
        let isBridged = header[0] == bridge
        var etherType: UInt16?
        var length = 4
        while true {
            guard holds(length &+ 4, in: header) else { return .none(lack(of: length &+ 4)) }
            // Types are small, so their zero byte tells the order.
            let isLittleEndian = header[length &+ 3] == 0
            let (size, type) = (header.bigEndianUInt16(at: length), header.bigEndianUInt16(at: length &+ 2))
            let attributeLength = Int(isLittleEndian ? size.byteSwapped : size)
            guard attributeLength >= 4 else { return .none(.malformed) }
            switch isLittleEndian ? type.byteSwapped : type {
            // NFULA_PACKET_HDR: the EtherType, in network byte order.
            case 1 where attributeLength >= 6:
                guard holds(length &+ 6, in: header) else { return .none(lack(of: length &+ 6)) }
                etherType = header.bigEndianUInt16(at: length &+ 4)
            // NFULA_PAYLOAD.
            case 9:
                offset &+= length &+ 4
                guard limit(to: attributeLength &- 4) else { return .none(.malformed) }
                return isBridged ? etherType.map { NextHeader(etherType: $0) } ?? .ip : .ip
            default: break
            }
            // Attributes are padded to multiples of 4 bytes.
            length &+= (attributeLength &+ 3) & ~3
        }
    }

    /// Skips a header of LINKTYPE_PFLOG, whose length, without padding to a multiple of 4 bytes, comes first.
    mutating func readPacketFilterLog(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        let length = (Int(header[0]) &+ 3) & ~3
        guard length >= 4 else { return .none(.malformed) }
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        return .ip
    }

    /// Reads a header of LINKTYPE_PKTAP: its length, the type of the record, the link type of the packet, and more.
    ///
    /// Numbers have the byte order of the capturing host: little-endian on all current Apple hardware, big-endian on
    /// older.
    mutating func readPKTAP(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(12, in: header) else { return .none(lack(of: 12)) }
        let isBigEndian = header[0] == 0 && header[1] == 0
        func number(at place: Int) -> UInt32 {
            let number = header.bigEndianUInt32(at: place)
            return isBigEndian ? number : number.byteSwapped
        }
        let length = number(at: 0)
        guard length >= 12 else { return .none(.malformed) }
        guard length <= 0xffff, holds(Int(length), in: header) else { return .none(lack(of: Int(length))) }
        // PTH_TYPE_PACKET; 0 is a record without a packet.
        guard number(at: 4) == 1 else { return .none(.other) }
        offset &+= Int(length)
        return NextHeader(LinkType(rawValue: number(at: 8))) ?? .none(.other)
    }
}
