internal import WireFormat

extension HeaderWalk {
    /// Distinguishes IPv4 from IPv6 by the version in the first four bits.
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
        // Length 0: segmentation is left to the network card (TSO), or the datagram exceeds 65,535 bytes. It then ends
        // with the enclosing layer.
        isLengthless = totalLength == 0
        if !isLengthless {
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

extension HeaderWalk {
    /// Reads an IPv6 header (RFC 8200 3) and the hop-by-hop options, which can only follow it directly.
    mutating func readIPv6(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(40, in: header) else { return .none(lack(of: 40)) }
        guard header[0] &>> 4 == 6 else { return .none(.malformed) }
        addresses = offset &+ 8
        isIPv6 = true
        offset &+= 40

        let payloadLength = Int(header.bigEndianUInt16(at: 4))
        // Length 0 without a jumbo payload option: segmentation is left to the network card (TSO). The payload then
        // ends with the enclosing layer.
        guard payloadLength == 0 || limit(to: payloadLength) else { return .none(.malformed) }
        isLengthless = payloadLength == 0
        return header[6] == IPProtocol.hopByHopOptions
            ? readHopByHopOptions(bytes, payloadLength: payloadLength) : NextHeader(ipv6Next: header[6])
    }

    /// Reads the header of hop-by-hop options (RFC 8200 4.3), of which only the jumbo payload option matters.
    private mutating func readHopByHopOptions(_ bytes: Span<UInt8>, payloadLength: Int) -> NextHeader {
        let start = offset
        let next = readExtensionHeader(bytes)
        guard start < offset else { return next }
        if let jumboPayloadLength = bytes.extracting(start..<offset).jumboPayloadLength {
            // RFC 2675 3: the option requires a payload length of 0, and more than 65,535 bytes.
            guard payloadLength == 0, jumboPayloadLength > 65_535 else { return .none(.malformed) }
            // RFC 2675 2: the length counts from the end of the IPv6 header.
            guard limit(to: Int(jumboPayloadLength) &- (offset &- start)) else { return .none(.malformed) }
            isLengthless = false
        }
        return next
    }
}

extension Span<UInt8> {
    /// The jumbo payload option (RFC 2675 2) of a header of hop-by-hop options; nil if there is none.
    ///
    /// An option that overruns the header ends the search.
    fileprivate var jumboPayloadLength: UInt32? {
        var cursor = ByteCursor(self)
        cursor.skip(2)
        while let type = cursor.readUInt8() {
            // RFC 8200 4.2: Pad1 is the one option without a length.
            if type == 0 { continue }
            guard let length = cursor.readUInt8() else { return nil }
            if type == 0xc2, length == 4 { return cursor.readUInt32() }
            cursor.skip(Int(length))
        }
        return nil
    }
}

extension HeaderWalk {
    /// Skips an extension header of the common form (RFC 6564 4): the next header, then the length in units of 8 bytes
    /// after the first.
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
        // RFC 6946: with offset 0 and no more fragments, the datagram is complete. Bits 1 and 2 are reserved.
        guard header.bigEndianUInt16(at: 2) & 0xfff9 == 0 else { return .none(.fragment) }
        return NextHeader(ipv6Next: header[0])
    }

    /// Skips an authentication header (RFC 4302 2) in IPv4 or IPv6: its length is in units of 4 bytes after the first
    /// two, and covers at least 12 bytes.
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
