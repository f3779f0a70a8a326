internal import WireFormat

/// A fragment of an IP datagram.
struct Fragment {
    /// Which datagram it belongs to.
    let key: DatagramKey
    /// The protocol or next header number after the IP header; in IPv6 only that of the first fragment is valid.
    let next: UInt8
    /// Where its payload belongs in that of the datagram, by its length on the wire; never empty.
    let range: Range<Int>
    /// Whether it is the last fragment.
    let isLast: Bool
    /// Whether the checksum of its IPv4 header is wrong, other than one left to the network card.
    let hasWrongChecksum: Bool
    /// Whether hosts drop it for IPv4 options or IPv6 extension headers before its payload.
    let isRefused: Bool
    /// The path that it took.
    let way: PacketWay
    /// Where its fixed IP header lies in the bytes it was found in.
    let header: Range<Int>
    /// Where its payload lies there, as far as it was captured.
    let captured: Range<Int>

    /// Reads the IP header that a walk has just passed; nil if no datagram can have such a fragment.
    init?(_ walk: HeaderWalk, in bytes: Span<UInt8>) {
        let isIPv6 = walk.isIPv6
        header = walk.addresses &- (isIPv6 ? 8 : 12)..<walk.addresses &+ (isIPv6 ? 32 : 8)
        way = PacketWay(header.lowerBound, in: bytes)
        let offset: Int
        let identification: UInt32
        if isIPv6 {
            let fragmentHeader = walk.offset &- 8
            next = bytes[fragmentHeader]
            let field = bytes.bigEndianUInt16(at: fragmentHeader &+ 2)
            offset = Int(field & 0xfff8)
            isLast = field & 1 == 0
            identification = bytes.bigEndianUInt32(at: fragmentHeader &+ 4)
            hasWrongChecksum = false
            isRefused = !TCPSegment.areExtensionHeadersAccepted(
                bytes[header.lowerBound &+ 6], in: bytes, header.upperBound..<fragmentHeader,
                leadTo: IPProtocol.fragment)
        } else {
            next = bytes[header.lowerBound &+ 9]
            let field = bytes.bigEndianUInt16(at: header.lowerBound &+ 6)
            offset = Int(field & 0x1fff) &* 8
            isLast = field & 0x2000 == 0
            identification = UInt32(bytes.bigEndianUInt16(at: header.lowerBound &+ 4))
            hasWrongChecksum = Self.isChecksumWrong(bytes.extracting(header.lowerBound..<walk.offset))
            isRefused = NetworkOptions(ipv4: bytes.extracting(header.upperBound..<walk.offset)) != .accepted
        }

        let length = walk.end &- walk.offset
        // RFC 791 3.2, RFC 8200 4.5: all but the last are multiples of 8 bytes, and none ends after 65,535.
        guard length > 0, isLast || length & 7 == 0, length <= 65_535 &- offset else { return nil }
        guard !isIPv6 || offset > 0 || isLast || Self.holdsTransport(next, in: bytes, walk.offset..<walk.end) else {
            return nil
        }
        range = offset..<offset &+ length
        captured = walk.offset..<max(walk.offset, min(walk.end, bytes.count))
        key = DatagramKey(
            source: walk.source(in: bytes), destination: walk.destination(in: bytes), identification: identification,
            protocolNumber: isIPv6 ? 0 : next, tunnel: walk.tunnel)
    }

    /// Whether the first fragment of an IPv6 datagram has all of its headers; otherwise hosts drop it (RFC 7112 5).
    private static func holdsTransport(_ first: UInt8, in bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var (next, place) = (first, range.lowerBound)
        while next != IPProtocol.tcp {
            guard next == IPProtocol.destinationOptions || next == IPProtocol.routing else { return true }
            guard place &+ 8 <= min(range.upperBound, bytes.count) else { return place &+ 8 <= range.upperBound }
            next = bytes[place]
            place &+= (Int(bytes[place &+ 1]) &+ 1) &* 8
        }
        return place &+ 20 <= range.upperBound
    }

    /// Whether the checksum of an IPv4 header (RFC 791 3.1) is wrong; 0 was left to the network card.
    private static func isChecksumWrong(_ header: Span<UInt8>) -> Bool {
        guard header.bigEndianUInt16(at: 10) != 0 else { return false }
        var sum = InternetChecksum()
        sum.add(header)
        return !sum.isRight
    }

    /// Creates the fragment that repeats a part of a complete datagram, from that datagram's bytes.
    init(_ range: Range<Int>, isLast: Bool, of datagram: ReassembledDatagram) {
        key = datagram.key
        way = datagram.way
        next = datagram.next
        self.range = range
        self.isLast = isLast
        hasWrongChecksum = false
        isRefused = false
        header = datagram.header
        captured = (range.lowerBound &+ header.upperBound)..<(range.upperBound &+ header.upperBound)
    }

    /// Where the datagram leads, if its protocol number already excludes TCP, UDP and tunnels that are decoded.
    var certainEnd: WalkEnd? {
        // RFC 8200 4.5: in IPv6 only the next header field of the first fragment is valid.
        guard !key.source.isIPv6, case .none(let end) = NextHeader(ipv4Protocol: next) else { return nil }
        return end
    }
}

/// Where the payload of a fragment belongs.
package struct FragmentPlace: Sendable {
    /// The datagram.
    package let datagram: DatagramKey
    /// Bytes from the start of the datagram's payload.
    package let offset: Int
    /// Where the payload lies in what the fragment was found in, as far as it was captured.
    package let captured: Range<Int>

    /// Whether it is a fragment of IPv6.
    package var isIPv6: Bool { datagram.source.isIPv6 }
}

/// What identifies the fragments of one datagram (RFC 791 3.2, RFC 8200 4.5).
package struct DatagramKey: Hashable, Sendable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// IPv4's protocol; 0 in IPv6, where it is not part of the key.
    var protocolNumber: UInt8
    /// The tunnels around it (``TCPSegment/tunnel``).
    var tunnel: UInt32

    package func hash(into hasher: inout Hasher) {
        hasher.combine(source.bits)
        hasher.combine(destination.bits)
        hasher.combine(UInt64(identification) &<< 32 | UInt64(tunnel))
        hasher.combine(protocolNumber)
    }
}
