internal import WireFormat

extension HeaderWalk {
    /// Reads an Ethernet header: two addresses, and an EtherType or length (IEEE 802.3 3.2.6).
    mutating func readEthernet(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(14, in: header) else { return .none(lack(of: 14)) }
        offset &+= 14
        return nextHeader(etherTypeOrLength: header.bigEndianUInt16(at: 12))
    }

    /// Reads what a VLAN tag has behind its EtherType (IEEE 802.1Q 9.6, also 802.1ad): priority and VLAN, then the
    /// EtherType or length of what is inside.
    mutating func readVLANTag(_ bytes: Span<UInt8>) -> NextHeader {
        let tag = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: tag) else { return .none(lack(of: 4)) }
        offset &+= 4
        return nextHeader(etherTypeOrLength: tag.bigEndianUInt16(at: 2))
    }

    private mutating func nextHeader(etherTypeOrLength value: UInt16) -> NextHeader {
        // IEEE 802.3 3.2.6: up to 1500 it is the length of what follows, padding not counted, and no type.
        guard value <= 1500 else { return NextHeader(etherType: value) }
        return limit(to: Int(value)) ? .logicalLink : .none(.malformed)
    }
}
