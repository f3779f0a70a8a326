package import WireFormat

/// Blanks everything in a packet's headers that does not lead to its TCP segment: options, padding, process names,
/// cookies.
///
/// For each kind of header, only what is known to be harmless stays. Checksums that were right are recomputed.
package struct HeaderScrub: Sendable {
    /// Replaces addresses; nil if they stay.
    private var addresses: AddressPseudonyms?

    /// - Parameter addresses: Replaces addresses; nil if they stay.
    package init(addresses: AddressPseudonyms?) {
        self.addresses = addresses
    }

    /// Blanks the headers of a packet.
    ///
    /// - Parameters:
    ///   - bytes: The packet, whose payload has been replaced.
    ///   - wireLength: Its length on the wire.
    ///   - linkType: Its link type.
    ///   - checksum: The status of the TCP checksum before that.
    /// - Returns: Whether they lead to TCP, or to a fragment; if not, what is in `bytes` must not be shown.
    package mutating func scrub(
        _ bytes: inout [UInt8], wireLength: Int, _ linkType: LinkType, checksum: ChecksumStatus
    ) -> Bool {
        guard let first = NextHeader(linkType) else { return false }
        return scrub(&bytes, HeaderWalk(end: max(wireLength, bytes.count)), first, checksum)
    }

    /// Blanks the headers of the datagram that a decoder reassembled last.
    package mutating func scrub(
        datagram bytes: inout [UInt8], of decoder: borrowing PacketDecoder, checksum: ChecksumStatus
    ) -> Bool {
        guard let (walk, next) = decoder.datagramStart else { return false }
        return scrub(&bytes, walk, next, checksum)
    }

    private mutating func scrub(
        _ bytes: inout [UInt8], _ start: HeaderWalk, _ first: NextHeader, _ checksum: ChecksumStatus
    ) -> Bool {
        guard let layers = Self.layers(start, first, in: bytes.span) else { return false }
        var type: UInt8 = 0
        for layer in layers {
            let header = layer.range
            switch layer.kind {
            case .ipv6: type = bytes[header.lowerBound &+ 6]
            case .extensionHeader, .fragmentHeader, .authenticationHeader: break
            default: type = 0
            }
            blank(layer, type, in: &bytes)
            switch layer.kind {
            case .ipv6 where header.count > 40: type = bytes[header.lowerBound &+ 40]
            case .extensionHeader, .fragmentHeader, .authenticationHeader: type = bytes[header.lowerBound]
            default: break
            }
        }
        if addresses != nil {
            // The IP header of a datagram has already been passed.
            if start.addresses > 0 { mapAddresses(at: start.addresses, start.isIPv6, in: &bytes) }
            for layer in layers where layer.kind == .ipv4 || layer.kind == .ipv6 {
                mapAddresses(at: layer.addresses, layer.isIPv6, in: &bytes)
            }
        }
        for layer in layers.reversed() { layer.repairChecksum(checksum, in: &bytes) }
        return true
    }

    private static func layers(_ start: HeaderWalk, _ first: NextHeader, in bytes: Span<UInt8>) -> [ScrubbedHeader]? {
        var walk = start
        var next = first
        var layers: [ScrubbedHeader] = []
        var count = 0
        while count < PacketDecoder.maximumHeaders {
            if next != .extensionHeader { count &+= 1 }
            let lower = walk.offset
            switch next {
            case .none(.fragment): return layers
            case .none: return nil
            case .tcp:
                guard lower &+ 20 <= bytes.count else { return nil }
                let upper = lower &+ Int(bytes[lower &+ 12] &>> 4) &* 4
                guard upper >= lower &+ 20, upper <= bytes.count else { return nil }
                layers.append(
                    ScrubbedHeader(
                        kind: next, range: lower..<upper, end: walk.end, addresses: walk.addresses,
                        isIPv6: walk.isIPv6))
                return layers
            default: break
            }
            let kind = next
            next = walk.read(kind, in: bytes)
            guard lower <= walk.offset, walk.offset <= bytes.count else { return nil }
            var layer = ScrubbedHeader(
                kind: kind, range: lower..<walk.offset, end: walk.end, addresses: walk.addresses, isIPv6: walk.isIPv6)
            if kind == .ipv4, !layer.range.isEmpty {
                var sum = InternetChecksum()
                sum.add(bytes.extracting(layer.range))
                layer.hadRightChecksum = sum.isRight
            }
            layers.append(layer)
        }
        return nil
    }
}

/// What is blanked in each kind of header.
extension HeaderScrub {
    private mutating func blank(_ layer: ScrubbedHeader, _ type: UInt8, in bytes: inout [UInt8]) {
        let header = layer.range
        let start = header.lowerBound
        guard !header.isEmpty else { return }
        switch layer.kind {
        // Nothing but addresses, numbers and types.
        case .ethernet, .ethernetWithPortTag:
            if addresses != nil { mapHardware([start..<(start &+ 6), (start &+ 6)..<(start &+ 12)], in: &bytes) }
        case .vlanTag, .logicalLink, .addressFamily, .ppp, .pppOrCiscoHDLC, .ciscoHDLC, .pppWithDirection,
            .ciscoHDLCWithDirection, .ip, .fragmentHeader, .udp, .gre, .mplsLabel, .pppoe, .frameRelay, .none:
            break
        case .tag: bytes.fill(start..<(header.upperBound &- 2))
        case .prefixedEthernet, .prefixedIP, .prefixedLogicalLink, .redirect: bytes.fill(header)
        case .linuxCooked: blankLinkAddress(at: start &+ 6, count: Int(bytes[start &+ 5]), in: &bytes)
        case .linuxCooked2: blankLinkAddress(at: start &+ 12, count: Int(bytes[start &+ 11]), in: &bytes)
        case .ipOverInfiniBand: bytes.fill(start..<(header.upperBound &- 4))
        case .netfilterLog: bytes.blankNetfilterAttributes(header)
        case .packetFilterLog: bytes.fill((start &+ 4)..<header.upperBound)
        case .pktap: bytes.fill((start &+ 12)..<header.upperBound)
        case .radiotap: bytes.blankRadiotap(header)
        case .wirelessLog, .packetInformation: bytes.fill((start &+ 8)..<header.upperBound)
        case .wireless: blankWireless(header, in: &bytes)
        // RFC 791 3.1: option 1 is no operation.
        case .ipv4: bytes.fill((start &+ 20)..<header.upperBound, with: 1)
        case .ipv6: bytes.blankIPv6Extension((start &+ 40)..<header.upperBound, 0)
        case .extensionHeader: bytes.blankIPv6Extension(header, type)
        case .authenticationHeader: bytes.fill((start &+ 12)..<header.upperBound)
        case .vxlan:
            bytes.fill((start &+ 1)..<(start &+ 4))
            bytes[start &+ 7] = 0
        case .geneve:
            bytes[start &+ 7] = 0
            bytes.blankGeneveOptions((start &+ 8)..<header.upperBound)
        // The subheader of a platform follows 12 bytes.
        case .erspan: bytes.fill(min(start &+ 12, header.upperBound)..<header.upperBound)
        case .gtpUser: bytes.blankGTPExtensions(header)
        case .tzsp: bytes.blankTZSPTags((start &+ 4)..<header.upperBound)
        // Version, lengths, tunnel and session stay; numbers and the padding after the offset field do not.
        case .l2tp:
            // RFC 2661 3.1: each of them if a bit says so.
            let flags = bytes[start]
            let count = 6 &+ (flags & 0x40 != 0 ? 2 : 0) &+ (flags & 8 != 0 ? 4 : 0) &+ (flags & 2 != 0 ? 2 : 0)
            bytes.fill(min(start &+ count, header.upperBound)..<header.upperBound)
        // The session, then a cookie.
        case .l2tpSession: bytes.fill(min(start &+ 4, header.upperBound)..<header.upperBound)
        case .tcp: bytes.blankTCPOptions((start &+ 20)..<header.upperBound)
        }
    }

    /// Maps the addresses of IEEE 802.11; the rest of the header is numbers.
    private func blankWireless(_ header: Range<Int>, in bytes: inout [UInt8]) {
        let (start, end) = (header.lowerBound, header.upperBound)
        guard addresses != nil else { return }
        let hasFourth = bytes[start &+ 1] & 0x03 == 0x03
        mapHardware([4, 10, 16].map { (start &+ $0)..<(start &+ $0 &+ 6) }, in: &bytes)
        if hasFourth { mapHardware([(start &+ 24)..<(start &+ 30)], in: &bytes) }
        // A frame inside an A-MSDU has two addresses of its own before its length.
        let quality = start &+ (hasFourth ? 30 : 24)
        guard bytes[start] & 0x80 != 0, bytes[quality] & 0x80 != 0 else { return }
        mapHardware([(end &- 14)..<(end &- 8), (end &- 8)..<(end &- 2)], in: &bytes)
    }

    private func blankLinkAddress(at start: Int, count: Int, in bytes: inout [UInt8]) {
        let kept = count <= 6 ? count : 0
        bytes.fill((start &+ kept)..<(start &+ 8))
        if addresses != nil, kept > 0 { mapHardware([start..<(start &+ kept)], in: &bytes) }
    }
}

/// Pseudonyms of addresses.
extension HeaderScrub {
    private func mapHardware(_ ranges: [Range<Int>], in bytes: inout [UInt8]) {
        for range in ranges {
            let mapped = addresses?.hardware(Array(bytes[range])) ?? []
            for (index, byte) in zip(range, mapped) { bytes[index] = byte }
        }
    }

    private mutating func mapAddresses(at start: Int, _ isIPv6: Bool, in bytes: inout [UInt8]) {
        let count = isIPv6 ? 16 : 4
        for place in [start, start &+ count] where place &+ count <= bytes.count {
            let bits = bytes[place..<(place &+ count)].reduce(UInt128(0)) { $0 &<< 8 | UInt128($1) }
            let original = isIPv6 ? IPAddress(ipv6: bits) : IPAddress(ipv4: UInt32(truncatingIfNeeded: bits))
            guard let mapped = addresses?.address(original).bits else { return }
            for index in 0..<count {
                bytes[place &+ index] = UInt8(truncatingIfNeeded: mapped &>> UInt128(8 &* (count &- 1 &- index)))
            }
        }
    }
}
