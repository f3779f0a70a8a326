internal import WireFormat

/// A fragment of an IP datagram.
struct Fragment {
    /// Which datagram it belongs to.
    let key: DatagramKey
    /// The protocol or next header number behind the IP header; IPv6 counts that of the first fragment only.
    let next: UInt8
    /// Where its payload stands in the datagram's, by the bytes on the wire; never empty.
    let range: Range<Int>
    /// Whether no fragment is behind it.
    let isLast: Bool
    /// Where its fixed IP header stands in the bytes it was found in.
    let header: Range<Int>
    /// Where its payload stands there, as far as it was captured.
    let captured: Range<Int>

    /// Reads what the IP header tells that a walk has just passed; nil when no datagram can have such a fragment.
    init?(_ walk: HeaderWalk, in bytes: Span<UInt8>) {
        let isIPv6 = walk.isIPv6
        header = walk.addresses &- (isIPv6 ? 8 : 12)..<walk.addresses &+ (isIPv6 ? 32 : 8)
        let offset: Int
        let identification: UInt32
        if isIPv6 {
            let fragmentHeader = walk.offset &- 8
            next = bytes[fragmentHeader]
            let field = bytes.bigEndianUInt16(at: fragmentHeader &+ 2)
            offset = Int(field & 0xfff8)
            isLast = field & 1 == 0
            identification = bytes.bigEndianUInt32(at: fragmentHeader &+ 4)
        } else {
            next = bytes[header.lowerBound &+ 9]
            let field = bytes.bigEndianUInt16(at: header.lowerBound &+ 6)
            offset = Int(field & 0x1fff) &* 8
            isLast = field & 0x2000 == 0
            identification = UInt32(bytes.bigEndianUInt16(at: header.lowerBound &+ 4))
        }

        let length = walk.end &- walk.offset
        // RFC 791 3.2, RFC 8200 4.5: all but the last are multiples of 8 bytes, and 65,535 is where all must end.
        guard length > 0, isLast || length & 7 == 0, length <= 65_535 &- offset else { return nil }
        range = offset..<offset &+ length
        captured = walk.offset..<max(walk.offset, min(walk.end, bytes.count))
        key = DatagramKey(
            source: walk.source(in: bytes), destination: walk.destination(in: bytes), identification: identification,
            protocolNumber: isIPv6 ? 0 : next, tunnel: walk.tunnel)
    }

    /// Whether the datagram cannot hold TCP, which needs no other fragment to know.
    var isNotTCP: Bool {
        // RFC 8200 4.5: in IPv6 the next header field of the first fragment counts, so others say nothing.
        !key.source.isIPv6 && NextHeader(ipv4Protocol: next) == .none(.notTCP)
    }
}

/// What the fragments of one datagram have in common (RFC 791 3.2, RFC 8200 4.5).
struct DatagramKey: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// IPv4's protocol; 0 for IPv6, where it is no part of the key.
    var protocolNumber: UInt8
    /// The mark of the tunnels around it (``TCPSegment/tunnel``).
    var tunnel: UInt32

    func hash(into hasher: inout Hasher) {
        hasher.combine(source.bits)
        hasher.combine(destination.bits)
        hasher.combine(UInt64(identification) &<< 32 | UInt64(tunnel))
        hasher.combine(protocolNumber)
    }
}
