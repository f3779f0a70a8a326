import WireFormat

extension TCPSegment {
    /// Verifies the TCP checksum (RFC 9293 3.1) over all bytes of the segment.
    ///
    /// A checksum that covers only the pseudo-header, with or without the length, counts as offloaded: hosts leave the
    /// rest to their network card.
    ///
    /// - Parameter bytes: What the segment was found in: the packet or the reassembled datagram.
    /// - Returns: `unknown` if a snap length cut the segment.
    package func checksumStatus(in bytes: Span<UInt8>) -> ChecksumStatus {
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
        // RFC 791 3.1, RFC 8200 3: no packet is longer. Longer ones in a capture are still to be split by a network
        // card, or were joined by the host.
        guard segment.count <= 65_535 else { return .unknown }
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

    /// Verifies the checksum of the innermost IPv4 header (RFC 791 3.1).
    ///
    /// Zero counts as offloaded: hosts leave it to a network card that splits segments (TSO).
    ///
    /// - Parameter bytes: The packet in which the segment was found.
    /// - Returns: `unknown` for IPv6, which has no such checksum, and for reassembled datagrams, which had several.
    package func ipv4HeaderChecksumStatus(in bytes: Span<UInt8>) -> ChecksumStatus {
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

    /// Whether the checksum of an IPv4 header without options is right (RFC 791 3.1).
    ///
    /// - Parameters:
    ///   - start: Where the header begins.
    ///   - bytes: The packet, which holds it completely.
    /// - Returns: Whether it is.
    @inlinable @inline(__always)
    package static func hasRightChecksum(headerAt start: Int, in bytes: Span<UInt8>) -> Bool {
        // The order of bytes does not matter (RFC 1071 2(B)).
        let header = unsafe bytes.bytes
        let first = unsafe header.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)
        let second = unsafe header.unsafeLoadUnaligned(fromByteOffset: start &+ 8, as: UInt64.self)
        let last = unsafe header.unsafeLoadUnaligned(fromByteOffset: start &+ 16, as: UInt32.self)
        var sum = InternetChecksum()
        sum.sum = InternetChecksum.add(InternetChecksum.add(first, second), UInt64(last))
        return sum.isRight
    }

    /// The time to live (RFC 791 3.1) or hop limit (RFC 8200 3) of the innermost IP header.
    ///
    /// - Parameter bytes: What the segment was found in: the packet, or the reassembled datagram, which has the lowest
    ///   of its fragments.
    /// - Returns: nil if the header has no length.
    @inlinable @inline(__always)
    package func hopLimit(in bytes: Span<UInt8>) -> UInt8? {
        networkHeader(in: bytes).map { bytes[$0 &+ (source.address.isIPv6 ? 7 : 8)] }
    }

    /// Where the innermost IP header starts.
    @inlinable @inline(__always)
    package func networkHeader(in bytes: Span<UInt8>) -> Int? {
        let start = payload.lowerBound &- Int(headerLength) &- Int(networkHeaderWords) &* 4
        let length = source.address.isIPv6 ? 40 : 20
        return networkHeaderWords < .max && start >= 0 && start &+ length <= bytes.count ? start : nil
    }
}

/// The result of verifying a checksum.
@usableFromInline
package enum ChecksumStatus: Hashable, Sendable {
    /// It matches the bytes.
    case right
    /// It does not match the bytes.
    case wrong
    /// It was left to the network card of the capturing host, and is not computed yet.
    case offloaded
    /// The capture does not hold all the bytes, or there is no checksum.
    case unknown

    /// Whether the checksum is right or was never computed: nothing speaks against the bytes.
    @inlinable @inline(__always)
    package var isGood: Bool {
        switch self {
        case .right, .offloaded: true
        case .wrong, .unknown: false
        }
    }
}
