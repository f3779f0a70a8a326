import WireFormat

extension TCPSegment {
    /// Whether Linux accepts the extension headers (RFC 8200 4) between the innermost IPv6 header and TCP's, as far as
    /// the packet alone decides; IPv4 has none.
    ///
    /// - Parameter bytes: What the segment was found in.
    /// - Returns: Whether it does.
    package func areExtensionHeadersAccepted(in bytes: Span<UInt8>) -> Bool {
        guard source.address.isIPv6, networkHeaderWords != 10, let start = networkHeader(in: bytes) else { return true }
        let end = payload.lowerBound &- Int(headerLength)
        return Self.areExtensionHeadersAccepted(
            bytes[start &+ 6], in: bytes, (start &+ 40)..<end, leadTo: IPProtocol.tcp)
    }

    /// Whether Linux accepts the extension headers in `range` of an IPv6 packet.
    ///
    /// - Parameters:
    ///   - first: The next header field of the fixed header.
    ///   - bytes: The packet.
    ///   - range: Where they lie.
    ///   - last: The number of the header after them.
    /// - Returns: Whether it does.
    static func areExtensionHeadersAccepted(
        _ first: UInt8, in bytes: Span<UInt8>, _ range: Range<Int>, leadTo last: UInt8
    ) -> Bool {
        let end = range.upperBound
        var (place, next) = (range.lowerBound, first)
        var hasFragmentHeader = false
        while next != last {
            guard place &+ 8 <= end else { return false }
            var length = (Int(bytes[place &+ 1]) &+ 1) &* 8
            switch next {
            case IPProtocol.hopByHopOptions, IPProtocol.destinationOptions:
                guard place &+ length <= end else { return false }
                let options = bytes.extracting((place &+ 2)..<(place &+ length))
                guard areAccepted(options, isHopByHop: next == IPProtocol.hopByHopOptions) else { return false }
            case IPProtocol.routing:
                guard isRoutingAccepted(type: bytes[place &+ 2], left: bytes[place &+ 3]) else { return false }
            case IPProtocol.fragment where !hasFragmentHeader:
                hasFragmentHeader = true
                length = 8
            // A second fragment header, one that needs a key (RFC 4302), or one without a handler.
            default: return false
            }
            next = bytes[place]
            place &+= length
        }
        return true
    }

    /// Whether a host skips a routing header (RFC 8200 4.4): no segments are left, and the type is none that must be
    /// enabled (RFC 6275, 6554, 8754).
    private static func isRoutingAccepted(type: UInt8, left: UInt8) -> Bool {
        left == 0 && !(2...4).contains(type)
    }

    /// Whether a host accepts options (RFC 8200 4.2): it knows them or may skip them, there are few, and padding is
    /// short and zero.
    private static func areAccepted(_ options: Span<UInt8>, isHopByHop: Bool) -> Bool {
        var rest = options
        var (padding, count) = (0, 0)
        while rest.count > 0 {
            let type = rest[0]
            if type == 0 {
                padding &+= 1
                guard padding <= maximumPadding else { return false }
                rest = rest.extracting(droppingFirst: 1)
                continue
            }
            guard rest.count >= 2, Int(rest[1]) &+ 2 <= rest.count else { return false }
            let option = rest.extracting(first: Int(rest[1]) &+ 2)
            if type == 1 {
                padding &+= option.count
                guard padding <= maximumPadding else { return false }
                for index in 2..<option.count where option[index] != 0 { return false }
            } else {
                padding = 0
                count &+= 1
                // The two highest bits say what to do with an unknown option; of those that must not be skipped, hosts
                // know only jumbo payloads.
                guard count <= maximumOptions, type < 64 || isHopByHop && type == 0xc2 else { return false }
                let place = options.count &- rest.count &+ 2
                if isHopByHop, !isHopByHopOptionAccepted(option, place: place) { return false }
            }
            rest = rest.extracting(droppingFirst: option.count)
        }
        return true
    }

    /// Whether Linux accepts a hop-by-hop option `place` bytes after the beginning of its header, if it is one that
    /// Linux checks.
    private static func isHopByHopOptionAccepted(_ option: Span<UInt8>, place: Int) -> Bool {
        switch option[0] {
        // Router alert (RFC 2711).
        case 0x05: option.count == 4
        // CALIPSO (RFC 5570): like CIPSO, accepted only where labels are configured.
        case 0x07: false
        // IOAM (RFC 9486): from Linux 5.15 on, it must be aligned.
        case 0x31: place & 3 == 0
        // A jumbo payload (RFC 2675 2).
        case 0xc2: option.count == 6 && place & 3 == 2
        default: true
        }
    }

    /// Linux's limits on consecutive bytes of padding, and on other options of a header.
    private static let (maximumPadding, maximumOptions) = (7, 8)
}
