internal import WireFormat

extension HeaderWalk {
    /// Reads an Ethernet header: two addresses, and an EtherType or length (IEEE 802.3 3.2.6).
    mutating func readEthernet(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(14, in: header) else { return .none(lack(of: 14)) }
        offset &+= 14
        return nextHeader(etherTypeOrLength: header.bigEndianUInt16(at: 12))
    }

    /// Reads a VLAN tag after its own EtherType (IEEE 802.1Q 9.6, also 802.1ad): priority and VLAN, then the EtherType
    /// or length of the content.
    mutating func readVLANTag(_ bytes: Span<UInt8>) -> NextHeader {
        let tag = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: tag) else { return .none(lack(of: 4)) }
        offset &+= 4
        return nextHeader(etherTypeOrLength: tag.bigEndianUInt16(at: 2))
    }

    /// Reads a header that ends with an EtherType or length, such as the E-tag of IEEE 802.1BR.
    mutating func readTag(_ bytes: Span<UInt8>, size: Int) -> NextHeader {
        let tag = bytes.extracting(droppingFirst: offset)
        guard holds(size, in: tag) else { return .none(lack(of: size)) }
        offset &+= size
        return nextHeader(etherTypeOrLength: tag.bigEndianUInt16(at: size &- 2))
    }

    /// Skips bytes that do not say what follows.
    mutating func skip(_ size: Int, to next: NextHeader, in bytes: Span<UInt8>) -> NextHeader {
        guard holds(size, in: bytes.extracting(droppingFirst: offset)) else { return .none(lack(of: size)) }
        offset &+= size
        return next
    }

    private mutating func nextHeader(etherTypeOrLength value: UInt16) -> NextHeader {
        // IEEE 802.3 3.2.6: up to 1500 it is the length of what follows, without padding, and no type.
        guard value <= 1500 else { return NextHeader(etherType: value) }
        return limit(to: Int(value)) ? .logicalLink : .none(.malformed)
    }
}

extension HeaderWalk {
    /// Reads an IEEE 802.2 header that carries IP, by itself or through SNAP (RFC 1042).
    mutating func readLogicalLink(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(3, in: header) else { return .none(lack(of: 3)) }
        let (destination, source, control) = (header[0], header[1], header[2])
        offset &+= 3
        let unnumberedInformation: UInt8 = 0x03
        guard control == unnumberedInformation else { return .none(.other) }
        switch (destination, source) {
        case (0x06, 0x06): return .ipv4
        case (0xaa, 0xaa): return readSubnetworkAccess(bytes)
        default: return .none(.other)
        }
    }

    /// Reads a SNAP header: an organization, and its number for the next header.
    private mutating func readSubnetworkAccess(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(5, in: header) else { return .none(lack(of: 5)) }
        offset &+= 5
        // RFC 1042: organization 00-00-00 uses EtherTypes.
        guard header[0] == 0, header[1] == 0, header[2] == 0 else { return .none(.other) }
        return NextHeader(etherType: header.bigEndianUInt16(at: 3))
    }
}
