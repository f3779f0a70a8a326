internal import WireFormat

extension HeaderWalk {
    /// Tells IPv4 from IPv6 by the version in the first four bits.
    func readIPVersion(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(1, in: header) else { return .none(lack(of: 1)) }
        return switch header[0] &>> 4 {
        case 4: .ipv4
        case 6: .ipv6
        default: .none(.malformed)
        }
    }

    /// Reads an IPv4 header and its options (RFC 791 3.1).
    mutating func readIPv4(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(20, in: header) else { return .none(lack(of: 20)) }
        let headerLength = Int(header[0] & 0x0f) &* 4
        guard header[0] &>> 4 == 4, headerLength >= 20 else { return .none(.malformed) }

        let totalLength = Int(header.bigEndianUInt16(at: 2))
        // Length 0 is what a host writes that leaves the cutting into segments to its network card, and what a
        // datagram over 65,535 bytes has: it then ends where the layer around it does.
        if totalLength != 0 {
            guard totalLength >= headerLength, limit(to: totalLength) else { return .none(.malformed) }
        }
        guard holds(headerLength, in: header) else { return .none(lack(of: headerLength)) }
        addresses = offset &+ 12
        isIPv6 = false
        offset &+= headerLength

        // RFC 791 3.2: a fragment has "more fragments" set, or an offset.
        guard header.bigEndianUInt16(at: 6) & 0x3fff == 0 else { return .none(.fragment) }
        return NextHeader(ipv4Protocol: header[9])
    }
}
