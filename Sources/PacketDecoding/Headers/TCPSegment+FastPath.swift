internal import WireFormat

/// The fast path for most packets: Ethernet, IP without options or extension headers, and TCP.
extension TCPSegment {
    /// Reads such a packet, unless it is a SYN, whose options matter.
    ///
    /// Optional fast path; same result as ``HeaderWalk``.
    ///
    /// - Parameters:
    ///   - bytes: The captured bytes of an Ethernet frame.
    ///   - wireLength: Its length on the wire; not less than was captured.
    /// - Returns: Whether it is such a packet, captured up to the end of the TCP header; if not, `self` is undefined.
    @inline(__always)
    mutating func readFastPath(_ bytes: Span<UInt8>, wireLength: Int) -> Bool {
        guard bytes.count >= 54 else { return false }
        switch bytes.bigEndianUInt16(at: 12) {
        case 0x0800:
            // RFC 791 3.1: version 4, 20 bytes, not a fragment.
            guard bytes[14] == 0x45, bytes[23] == IPProtocol.tcp, bytes.bigEndianUInt16(at: 20) & 0x3fff == 0 else {
                return false
            }
            let end = 14 &+ Int(bytes.bigEndianUInt16(at: 16))
            source = Endpoint(
                address: IPAddress(ipv4: bytes.bigEndianUInt32(at: 26)), port: bytes.bigEndianUInt16(at: 34))
            destination = Endpoint(
                address: IPAddress(ipv4: bytes.bigEndianUInt32(at: 30)), port: bytes.bigEndianUInt16(at: 36))
            networkHeaderWords = 5
            return readFastPathTCP(bytes, at: 34, end: end, wireLength)
        case 0x86dd:
            // RFC 8200 3: version 6, TCP next.
            guard bytes.count >= 74, bytes[14] &>> 4 == 6, bytes[20] == IPProtocol.tcp else { return false }
            let end = 54 &+ Int(bytes.bigEndianUInt16(at: 18))
            source = Endpoint(address: bytes.ipv6Address(at: 22), port: bytes.bigEndianUInt16(at: 54))
            destination = Endpoint(address: bytes.ipv6Address(at: 38), port: bytes.bigEndianUInt16(at: 56))
            networkHeaderWords = 10
            return readFastPathTCP(bytes, at: 54, end: end, wireLength)
        default:
            return false
        }
    }

    /// Reads the 20 bytes of a TCP header (RFC 9293 3.1) at `offset`, which must be there; `end` is the end of IP's
    /// payload.
    @inline(__always)
    private mutating func readFastPathTCP(_ bytes: Span<UInt8>, at offset: Int, end: Int, _ wireLength: Int) -> Bool {
        headerLength = bytes[offset &+ 12] &>> 4 &* 4
        flags = TCPFlags(rawValue: bytes[offset &+ 13])
        let start = offset &+ Int(headerLength)
        guard headerLength >= 20, start <= end, start <= bytes.count, end <= wireLength, !flags.contains(.syn) else {
            return false
        }
        sequence = bytes.bigEndianUInt32(at: offset &+ 4)
        acknowledgment = bytes.bigEndianUInt32(at: offset &+ 8)
        window = bytes.bigEndianUInt16(at: offset &+ 14)
        windowScale = nil
        tunnel = 0
        payload = start..<min(end, bytes.count)
        payloadLength = end &- start
        return true
    }
}

extension Span<UInt8> {
    @inline(__always)
    fileprivate func ipv6Address(at offset: Int) -> IPAddress {
        IPAddress(ipv6: UInt128(bigEndianUInt64(at: offset)) &<< 64 | UInt128(bigEndianUInt64(at: offset &+ 8)))
    }
}
