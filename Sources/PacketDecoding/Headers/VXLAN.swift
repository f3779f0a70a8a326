internal import WireFormat

extension HeaderWalk {
    /// Reads a VXLAN header (RFC 7348 5): flags and the network identifier; an Ethernet frame follows.
    mutating func readVXLAN(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        // RFC 7348 5: flag I must be set, and the others are ignored; without it, it is something else on this port.
        guard header[0] & 0x08 != 0 else { return .none(.notTCP) }
        offset &+= 8
        enter(network: header.bigEndianUInt32(at: 4) &>> 8)
        return .ethernet
    }
}
