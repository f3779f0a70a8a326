import WireFormat

/// A header of a packet that is being scrubbed: where it is, and what its checksum takes.
struct ScrubbedHeader {
    var kind: NextHeader
    /// Where it is in the packet.
    var range: Range<Int>
    /// Where its payload ends on the wire.
    var end: Int
    /// Where the addresses of the IP header around it are.
    var addresses: Int
    /// Whether those are addresses of IPv6.
    var isIPv6: Bool
    /// Whether it is a header of IPv4 whose checksum was right.
    var hadRightChecksum = false

    /// Makes the checksum right again if it was; headers inside this one must have been repaired before.
    ///
    /// - Parameters:
    ///   - status: What the TCP checksum was before.
    ///   - bytes: The packet.
    func repairChecksum(_ status: ChecksumStatus, in bytes: inout [UInt8]) {
        let start = range.lowerBound
        switch kind {
        case .ipv4 where hadRightChecksum:
            write(Self.sum(range, at: start &+ 10, in: &bytes), at: start &+ 10, in: &bytes)
        case .tcp:
            guard end <= bytes.count, status == .right || status == .offloaded else { return }
            var sum = pseudoHeader(protocolNumber: 6, count: end &- start, in: bytes.span)
            if status == .offloaded { return write(sum.value, at: start &+ 16, in: &bytes) }
            bytes[start &+ 16] = 0
            bytes[start &+ 17] = 0
            sum.add(bytes.span.extracting(start..<end))
            write(~sum.value, at: start &+ 16, in: &bytes)
        case .udp where bytes[start &+ 6] != 0 || bytes[start &+ 7] != 0:
            // RFC 768: zero means no checksum; IPv6 requires one.
            bytes[start &+ 6] = 0
            bytes[start &+ 7] = 0
            guard isIPv6, end <= bytes.count else { return }
            var sum = pseudoHeader(protocolNumber: 17, count: end &- start, in: bytes.span)
            sum.add(bytes.span.extracting(start..<end))
            let value = ~sum.value
            write(value == 0 ? 0xffff : value, at: start &+ 6, in: &bytes)
        // RFC 2784 2.3.
        case .gre where bytes[start] & 0x80 != 0 && bytes[start &+ 1] & 7 == 0:
            guard end <= bytes.count else { return }
            write(Self.sum(start..<end, at: start &+ 4, in: &bytes), at: start &+ 4, in: &bytes)
        default: break
        }
    }

    private static func sum(_ range: Range<Int>, at place: Int, in bytes: inout [UInt8]) -> UInt16 {
        bytes[place] = 0
        bytes[place &+ 1] = 0
        var sum = InternetChecksum()
        sum.add(bytes.span.extracting(range))
        return ~sum.value
    }

    private func pseudoHeader(protocolNumber: UInt32, count: Int, in bytes: Span<UInt8>) -> InternetChecksum {
        var sum = InternetChecksum()
        sum.add(bytes.extracting(addresses..<(addresses &+ (isIPv6 ? 32 : 8))))
        sum.add(protocolNumber)
        sum.add(UInt32(truncatingIfNeeded: count))
        return sum
    }

    private func write(_ value: UInt16, at place: Int, in bytes: inout [UInt8]) {
        bytes[place] = UInt8(value &>> 8)
        bytes[place &+ 1] = UInt8(truncatingIfNeeded: value)
    }
}
