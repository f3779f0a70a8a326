internal import WireFormat

extension HeaderWalk {
    /// Passes over an extension header of the common form (RFC 6564 4): the next header, then the length in units of
    /// 8 bytes, the first not counted.
    mutating func readExtensionHeader(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        let length = (Int(header[1]) &+ 1) &* 8
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        return NextHeader(ipv6Next: header[0])
    }

    /// Reads a fragment header (RFC 8200 4.5).
    mutating func readFragmentHeader(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        offset &+= 8
        // RFC 6946: with offset 0 and no more fragments, the datagram is whole. Bits 1 and 2 are reserved.
        guard header.bigEndianUInt16(at: 2) & 0xfff9 == 0 else { return .none(.fragment) }
        return NextHeader(ipv6Next: header[0])
    }

    /// Passes over an authentication header (RFC 4302 2), of IPv4 or IPv6: its length is in units of 4 bytes, the
    /// first two not counted, and covers at least 12 bytes.
    mutating func readAuthenticationHeader(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(12, in: header) else { return .none(lack(of: 12)) }
        let length = (Int(header[1]) &+ 2) &* 4
        guard length >= 12 else { return .none(.malformed) }
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        return isIPv6 ? NextHeader(ipv6Next: header[0]) : NextHeader(ipv4Protocol: header[0])
    }
}
