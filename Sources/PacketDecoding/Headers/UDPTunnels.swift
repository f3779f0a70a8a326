internal import WireFormat

extension HeaderWalk {
    /// Reads a VXLAN header (RFC 7348 5): flags and the network identifier; an Ethernet frame follows.
    mutating func readVXLAN(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        // RFC 7348 5: flag I must be set, the others are ignored; without it, this is something else on this port.
        guard header[0] & 0x08 != 0 else { return .none(.udp) }
        offset &+= 8
        enter(network: header.bigEndianUInt32(at: 4) &>> 8)
        return .ethernet
    }
}

extension HeaderWalk {
    /// Reads a Geneve header (RFC 8926 3.4) and skips its options, critical ones too: they instruct the end of the tunnel,
    /// and none changes where the payload starts.
    mutating func readGeneve(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        // RFC 8926 3.4: version 0 is the only one; flag O marks messages between the ends of the tunnel.
        guard header[0] &>> 6 == 0, header[1] & 0x80 == 0 else { return .none(.udp) }
        let length = 8 &+ Int(header[0] & 0x3f) &* 4
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        enter(network: header.bigEndianUInt32(at: 4) &>> 8)
        return NextHeader(etherType: header.bigEndianUInt16(at: 2))
    }
}
