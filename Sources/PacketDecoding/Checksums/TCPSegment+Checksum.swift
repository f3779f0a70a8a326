import WireFormat

extension TCPSegment {
    /// Whether the TCP checksum (RFC 9293 3.1) is right; reads all bytes of the segment.
    ///
    /// Offloaded is a checksum that covers nothing but the pseudo-header, with the length or without: hosts leave it
    /// like this to their network card.
    ///
    /// - Parameter bytes: What the segment was found in, the packet or the reassembled datagram.
    /// - Returns: `unknown` when a snap length cut the segment.
    public func checksumStatus(in bytes: Span<UInt8>) -> ChecksumStatus {
        let start = payload.lowerBound &- Int(headerLength)
        guard payload.count == payloadLength, headerLength >= 20, start >= 0, payload.upperBound <= bytes.count else {
            return .unknown
        }
        let segment = bytes.extracting(start..<payload.upperBound)
        let withoutLength = pseudoHeader
        var withLength = withoutLength
        withLength.add(UInt32(truncatingIfNeeded: segment.count))
        var whole = withLength
        whole.add(segment)
        if whole.isRight { return .right }
        let checksum = segment.bigEndianUInt16(at: 16)
        return checksum == withLength.value || checksum == withoutLength.value ? .offloaded : .wrong
    }

    /// The sum of the pseudo-header (RFC 9293 3.1) without its length.
    @inlinable @inline(__always)
    var pseudoHeader: InternetChecksum {
        var sum = InternetChecksum()
        sum.add(source.address)
        sum.add(destination.address)
        sum.add(UInt32(IPProtocol.tcp))
        return sum
    }

    /// Whether the checksum of the innermost IPv4 header (RFC 791 3.1) is right.
    ///
    /// Offloaded is one that is zero, as hosts leave it that let their network card cut segments.
    ///
    /// - Parameter bytes: The packet in which the segment was found.
    /// - Returns: `unknown` for IPv6, which has none, and for datagrams put together from fragments, which had several.
    public func ipv4HeaderChecksumStatus(in bytes: Span<UInt8>) -> ChecksumStatus {
        guard !source.address.isIPv6, let start = networkHeader(in: bytes) else { return .unknown }
        let length = Int(bytes[start] & 0x0f) &* 4
        let isFragment = bytes.bigEndianUInt16(at: start &+ 6) & 0x3fff != 0
        guard !isFragment, length >= 20, start &+ length <= bytes.count else { return .unknown }
        let header = bytes.extracting(start..<(start &+ length))
        var sum = InternetChecksum()
        sum.add(header)
        if sum.isRight { return .right }
        return header.bigEndianUInt16(at: 10) == 0 ? .offloaded : .wrong
    }

    /// What was left of the time to live (RFC 791 3.1) or hop limit (RFC 8200 3) of the innermost IP header.
    ///
    /// - Parameter bytes: What the segment was found in, the packet or the reassembled datagram, which has that of the
    ///   fragment that came first.
    /// - Returns: nil where 1,020 bytes or more are between that header and TCP's.
    @inlinable @inline(__always)
    public func hopLimit(in bytes: Span<UInt8>) -> UInt8? {
        networkHeader(in: bytes).map { bytes[$0 &+ (source.address.isIPv6 ? 7 : 8)] }
    }

    /// Where the innermost IP header starts.
    @inlinable @inline(__always)
    func networkHeader(in bytes: Span<UInt8>) -> Int? {
        let start = payload.lowerBound &- Int(headerLength) &- Int(networkHeaderWords) &* 4
        let length = source.address.isIPv6 ? 40 : 20
        return networkHeaderWords < 255 && start >= 0 && start &+ length <= bytes.count ? start : nil
    }
}

/// What a checksum says of the bytes that it covers.
@frozen
public enum ChecksumStatus: Hashable, Sendable {
    /// It is that of the bytes.
    case right
    /// It is that of other bytes.
    case wrong
    /// It was left to the network card of the host that captured, and is not made yet.
    case offloaded
    /// The capture does not hold all the bytes, or there is no checksum.
    case unknown

    /// Whether nothing speaks against the bytes: the checksum is right, or was never made.
    @inlinable
    public var isGood: Bool { self == .right || self == .offloaded }
}
