internal import WireFormat

extension HeaderWalk {
    /// Reads an IPv6 header (RFC 8200 3) and the hop-by-hop options, which can only stand right behind it.
    mutating func readIPv6(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(40, in: header) else { return .none(lack(of: 40)) }
        guard header[0] &>> 4 == 6 else { return .none(.malformed) }
        addresses = offset &+ 8
        isIPv6 = true
        offset &+= 40

        let payloadLength = Int(header.bigEndianUInt16(at: 4))
        // Length 0 without a jumbo payload option is what a host writes that leaves the cutting into segments to its
        // network card: the payload then ends where the layer around it does.
        guard payloadLength == 0 || limit(to: payloadLength) else { return .none(.malformed) }
        return header[6] == IPProtocol.hopByHopOptions
            ? readHopByHopOptions(bytes, payloadLength: payloadLength) : NextHeader(ipv6Next: header[6])
    }

    /// Reads the header of hop-by-hop options (RFC 8200 4.3), of which the jumbo payload option counts.
    private mutating func readHopByHopOptions(_ bytes: Span<UInt8>, payloadLength: Int) -> NextHeader {
        let start = offset
        let next = readExtensionHeader(bytes)
        guard start < offset else { return next }
        if let jumboPayloadLength = bytes.extracting(start..<offset).jumboPayloadLength {
            // RFC 2675 3: the option needs a payload length of 0, and is for more than 65,535 bytes.
            guard payloadLength == 0, jumboPayloadLength > 65_535 else { return .none(.malformed) }
            // RFC 2675 2: the length counts from the end of the IPv6 header.
            guard limit(to: Int(jumboPayloadLength) &- (offset &- start)) else { return .none(.malformed) }
        }
        return next
    }
}

extension Span<UInt8> {
    /// What the jumbo payload option (RFC 2675 2) in a header of hop-by-hop options says; nil when there is none.
    ///
    /// Options that overrun the header end the search.
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
