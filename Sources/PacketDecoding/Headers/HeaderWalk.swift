internal import WireFormat

/// How far the headers of a packet have been read.
///
/// Each header has a method in a file under `Headers/`, which moves past the header and returns what comes next. Every
/// method takes the bytes of the whole packet, since this value holds none.
struct HeaderWalk {
    /// Where the next header starts, from the first byte of the packet.
    var offset = 0
    /// Where the current layer ends on the wire; may lie beyond the captured bytes.
    var end: Int
    /// Where the addresses of the innermost IP header are, source first.
    var addresses = 0
    /// Whether that is an IPv6 header.
    var isIPv6 = false
    /// Whether the innermost IP header has no length.
    var isLengthless = false
    /// The tunnels passed so far (``TCPSegment/tunnel``).
    var tunnel: UInt32 = 0

    /// Starts at the first byte of a packet that had `end` bytes on the wire.
    init(end: Int) {
        self.end = end
    }

    /// Whether the next `length` bytes lie inside the enclosing layer and were captured.
    ///
    /// - Parameters:
    ///   - length: A length.
    ///   - rest: The captured bytes from `offset` on.
    /// - Returns: Whether they are all there.
    func holds(_ length: Int, in rest: Span<UInt8>) -> Bool {
        length <= rest.count && length <= end &- offset
    }

    /// Why the next `length` bytes are missing: the enclosing layer ends too early, or the capture does.
    func lack(of length: Int) -> WalkEnd {
        length > end &- offset ? .malformed : .truncated
    }

    /// Ends this layer after `length` bytes, which excludes padding and trailers; false if the enclosing layer is
    /// shorter.
    mutating func limit(to length: Int) -> Bool {
        guard length <= end &- offset else { return false }
        end = offset &+ length
        return true
    }

    /// Enters a tunnel with a network number (``TCPSegment/tunnel``).
    mutating func enter(network number: UInt32) {
        tunnel = max(1, tunnel &* 0x9e37_79b1 &+ number &+ 1)
    }

    /// The source address of the innermost IP header.
    @inline(__always)
    func source(in bytes: Span<UInt8>) -> IPAddress {
        address(at: addresses, in: bytes)
    }

    /// The destination address of the innermost IP header.
    @inline(__always)
    func destination(in bytes: Span<UInt8>) -> IPAddress {
        address(at: addresses &+ (isIPv6 ? 16 : 4), in: bytes)
    }

    @inline(__always)
    private func address(at offset: Int, in bytes: Span<UInt8>) -> IPAddress {
        guard isIPv6 else { return IPAddress(ipv4: bytes.bigEndianUInt32(at: offset)) }
        let (high, low) = (bytes.bigEndianUInt64(at: offset), bytes.bigEndianUInt64(at: offset &+ 8))
        return IPAddress(ipv6: UInt128(high) &<< 64 | UInt128(low))
    }
}
