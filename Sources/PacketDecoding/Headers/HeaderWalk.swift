internal import WireFormat

/// How far the headers of a packet have been read.
///
/// Each header is read by a method in the file under `Headers` that is named after it, which moves past the header and
/// says which one is next. The bytes of the whole packet are handed to every method, since this value holds none.
struct HeaderWalk {
    /// Where the next header starts, from the first byte of the packet.
    var offset = 0
    /// Where, on the wire, that ends which the headers read so far contain; may lie beyond the captured bytes.
    var end: Int
    /// Where the innermost IP header has its addresses, the source first.
    var addresses = 0
    /// Whether that header is IPv6's.
    var isIPv6 = false
    /// The mark of the tunnels passed so far (``TCPSegment/tunnel``).
    var tunnel: UInt32 = 0

    /// Starts at the first byte of a packet that had `end` bytes on the wire.
    init(end: Int) {
        self.end = end
    }

    /// Whether the next `length` bytes are inside the layer around them, and all among the captured ones, of which
    /// `rest` is what stands from `offset` on.
    func holds(_ length: Int, in rest: Span<UInt8>) -> Bool {
        length <= rest.count && length <= end &- offset
    }

    /// Why the next `length` bytes are not there: it is the layer around them that ends too early, or the capture.
    func lack(of length: Int) -> NoSegment {
        length > end &- offset ? .malformed : .truncated
    }

    /// Ends this layer `length` bytes from here, which cuts off padding and trailers; false when the layer around it
    /// ends before that.
    mutating func limit(to length: Int) -> Bool {
        guard length <= end &- offset else { return false }
        end = offset &+ length
        return true
    }

    /// Passes into the network that a tunnel gives this number.
    mutating func enter(network number: UInt32) {
        tunnel = max(1, tunnel &* 0x9e37_79b1 &+ number &+ 1)
    }

    /// The sender that the innermost IP header names.
    @inline(__always)
    func source(in bytes: Span<UInt8>) -> IPAddress {
        address(at: addresses, in: bytes)
    }

    /// The receiver that the innermost IP header names.
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
