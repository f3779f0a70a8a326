internal import WireFormat

extension HeaderWalk {
    /// Reads a UDP header (RFC 768) and tells by the receiver's port whether a tunnel is behind it.
    mutating func readUDP(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        let next: NextHeader
        switch header.bigEndianUInt16(at: 2) {
        // RFC 7348 5; 8472 is what Linux took before there was a number, and what many networks still use.
        case 4789, 8472: next = .vxlan
        // RFC 8926 3.3.
        case 6081: next = .geneve
        default: return .none(.notTCP)
        }

        let length = Int(header.bigEndianUInt16(at: 4))
        // Length 0 is what a datagram over 65,535 bytes has (RFC 2675 4): it ends where IP's does.
        if length != 0 {
            guard length >= 8, limit(to: length) else { return .none(.malformed) }
        }
        offset &+= 8
        return next
    }
}
