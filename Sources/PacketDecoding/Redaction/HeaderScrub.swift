package import WireFormat

/// Blanks whatever the headers of a packet hold but for what leads to its TCP segment: options, padding, names of processes, cookies.
///
/// What is known to be harmless stays, by kind of header; nothing else does. Checksums that were right are right again.
package struct HeaderScrub: Sendable {
    /// What takes the place of addresses; nil if they stay.
    private var addresses: AddressPseudonyms?

    /// A header, and where it is.
    private struct Layer {
        var kind: NextHeader
        var range: Range<Int>
        /// Where its payload ends on the wire.
        var end: Int
        /// Where the addresses are of the IP header around it.
        var addresses: Int
        var isIPv6: Bool
        /// Whether the header is one of IPv4 whose checksum is right.
        var isRight = false
    }

    /// - Parameter addresses: What takes the place of addresses; nil if they stay.
    package init(addresses: AddressPseudonyms?) {
        self.addresses = addresses
    }

    /// Blanks the headers of a packet.
    ///
    /// - Parameters:
    ///   - bytes: The packet, whose payload is replaced already.
    ///   - wireLength: Its length on the wire.
    ///   - linkType: Its link type.
    ///   - checksum: What was to say about the TCP checksum before.
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
            // Of a datagram, the header of IP is passed already.
            if start.addresses > 0 { mapAddresses(at: start.addresses, start.isIPv6, in: &bytes) }
            for layer in layers where layer.kind == .ipv4 || layer.kind == .ipv6 {
                mapAddresses(at: layer.addresses, layer.isIPv6, in: &bytes)
            }
        }
        for layer in layers.reversed() { setChecksum(of: layer, checksum, in: &bytes) }
        return true
    }

    private static func layers(_ start: HeaderWalk, _ first: NextHeader, in bytes: Span<UInt8>) -> [Layer]? {
        var walk = start
        var next = first
        var layers: [Layer] = []
        for _ in 0..<PacketDecoder.maximumHeaders {
            let lower = walk.offset
            switch next {
            case .none(.fragment): return layers
            case .none: return nil
            case .tcp:
                guard lower &+ 20 <= bytes.count else { return nil }
                let upper = lower &+ Int(bytes[lower &+ 12] &>> 4) &* 4
                guard upper >= lower &+ 20, upper <= bytes.count else { return nil }
                layers.append(
                    Layer(
                        kind: next, range: lower..<upper, end: walk.end, addresses: walk.addresses,
                        isIPv6: walk.isIPv6))
                return layers
            default: break
            }
            let kind = next
            next = walk.read(kind, in: bytes)
            guard lower <= walk.offset, walk.offset <= bytes.count else { return nil }
            var layer = Layer(
                kind: kind, range: lower..<walk.offset, end: walk.end, addresses: walk.addresses, isIPv6: walk.isIPv6)
            if kind == .ipv4, !layer.range.isEmpty {
                var sum = InternetChecksum()
                sum.add(bytes.extracting(layer.range))
                layer.isRight = sum.isRight
            }
            layers.append(layer)
        }
        return nil
    }
}

/// What is blank in each kind of header.
extension HeaderScrub {
    private mutating func blank(_ layer: Layer, _ type: UInt8, in bytes: inout [UInt8]) {
        let header = layer.range
        let start = header.lowerBound
        guard !header.isEmpty else { return }
        switch layer.kind {
        // Nothing but addresses, numbers and types.
        case .ethernet:
            if addresses != nil { mapHardware([start..<(start &+ 6), (start &+ 6)..<(start &+ 12)], in: &bytes) }
        case .vlanTag, .logicalLink, .addressFamily, .ppp, .pppOrCiscoHDLC, .ciscoHDLC, .pppWithDirection,
            .ciscoHDLCWithDirection, .ip, .fragmentHeader, .udp, .gre, .mplsLabel, .pppoe, .frameRelay, .none:
            break
        case .ethernetWithPortTag:
            if addresses != nil { mapHardware([start..<(start &+ 6), (start &+ 6)..<(start &+ 12)], in: &bytes) }
        case .tag: fill(start..<(header.upperBound &- 2), in: &bytes)
        case .prefixedEthernet, .prefixedIP, .prefixedLogicalLink, .redirect: fill(header, in: &bytes)
        case .linuxCooked: blankLinkAddress(at: start &+ 6, count: Int(bytes[start &+ 5]), in: &bytes)
        case .linuxCooked2: blankLinkAddress(at: start &+ 12, count: Int(bytes[start &+ 11]), in: &bytes)
        case .ipOverInfiniBand: fill(start..<(header.upperBound &- 4), in: &bytes)
        case .netfilterLog: blankAttributes(header, in: &bytes)
        case .packetFilterLog: fill((start &+ 4)..<header.upperBound, in: &bytes)
        case .pktap: fill((start &+ 12)..<header.upperBound, in: &bytes)
        // RFC 791 3.1: option 1 is no operation.
        case .ipv4: fill((start &+ 20)..<header.upperBound, with: 1, in: &bytes)
        case .ipv6: blankExtension((start &+ 40)..<header.upperBound, 0, in: &bytes)
        case .extensionHeader: blankExtension(header, type, in: &bytes)
        case .authenticationHeader: fill((start &+ 12)..<header.upperBound, in: &bytes)
        case .vxlan:
            fill((start &+ 1)..<(start &+ 4), in: &bytes)
            bytes[start &+ 7] = 0
        case .geneve:
            bytes[start &+ 7] = 0
            blankGeneveOptions((start &+ 8)..<header.upperBound, in: &bytes)
        // The subheader of a platform follows 12 bytes.
        case .erspan: fill(min(start &+ 12, header.upperBound)..<header.upperBound, in: &bytes)
        case .gtpUser: blankGTPExtensions(header, in: &bytes)
        case .tzsp: blankTags((start &+ 4)..<header.upperBound, in: &bytes)
        // Version, lengths, tunnel and session; then numbers and the padding that an offset field asks for.
        case .l2tp:
            // RFC 2661 3.1: each of them if a bit says so.
            let flags = bytes[start]
            let count = 6 &+ (flags & 0x40 != 0 ? 2 : 0) &+ (flags & 8 != 0 ? 4 : 0) &+ (flags & 2 != 0 ? 2 : 0)
            fill(min(start &+ count, header.upperBound)..<header.upperBound, in: &bytes)
        // The session, then a cookie.
        case .l2tpSession: fill(min(start &+ 4, header.upperBound)..<header.upperBound, in: &bytes)
        case .tcp: blankOptions((start &+ 20)..<header.upperBound, in: &bytes)
        }
    }

    private func fill(_ range: Range<Int>, with byte: UInt8 = 0, in bytes: inout [UInt8]) {
        for index in range where index < bytes.count { bytes[index] = byte }
    }

    private func blankLinkAddress(at start: Int, count: Int, in bytes: inout [UInt8]) {
        let kept = count <= 6 ? count : 0
        fill((start &+ kept)..<(start &+ 8), in: &bytes)
        if addresses != nil, kept > 0 { mapHardware([start..<(start &+ kept)], in: &bytes) }
    }

    /// TCP's (RFC 9293 3.2): what says how the ends agree on a connection stays.
    private func blankOptions(_ range: Range<Int>, in bytes: inout [UInt8]) {
        var index = range.lowerBound
        while index < range.upperBound {
            let kind = bytes[index]
            if kind == 1 {
                index &+= 1
                continue
            }
            guard kind != 0, index &+ 1 < range.upperBound else { break }
            let length = Int(bytes[index &+ 1])
            guard length >= 2, index &+ length <= range.upperBound else { break }
            switch (kind, length) {
            case (2, 4), (3, 3), (4, 2), (5, 10), (5, 18), (5, 26), (5, 34), (8, 10): break
            // Signatures: that there is one.
            case (19, _), (29, _): fill((index &+ 2)..<(index &+ length), in: &bytes)
            default: fill(index..<(index &+ length), with: 1, in: &bytes)
            }
            index &+= length
        }
        fill(index..<range.upperBound, in: &bytes)
    }

    /// Options of IPv6 (RFC 8200 4.2), addresses of routing headers.
    private func blankExtension(_ range: Range<Int>, _ type: UInt8, in bytes: inout [UInt8]) {
        guard range.count >= 8 else { return }
        let first = range.lowerBound
        guard type == 0 || type == 60 else { return fill((first &+ 2)..<range.upperBound, in: &bytes) }
        // A jumbo payload's length, if it comes first.
        var index = first &+ 2
        if bytes[index] == 0xc2, bytes[index &+ 1] == 4 { index &+= 6 }
        // PadN, 257 bytes at most.
        while index < range.upperBound {
            let count = min(257, range.upperBound &- index)
            fill(index..<(index &+ count), in: &bytes)
            if count > 1 {
                bytes[index] = 1
                bytes[index &+ 1] = UInt8(count &- 2)
            }
            index &+= count
        }
    }

    private func blankGeneveOptions(_ range: Range<Int>, in bytes: inout [UInt8]) {
        var index = range.lowerBound
        while index &+ 4 <= range.upperBound {
            let length = Int(bytes[index &+ 3] & 0x1f) &* 4
            // Reserved bits, behind the option's class and type.
            bytes[index &+ 3] &= 0x1f
            fill((index &+ 4)..<min(index &+ 4 &+ length, range.upperBound), in: &bytes)
            index &+= 4 &+ length
        }
    }

    private func blankGTPExtensions(_ range: Range<Int>, in bytes: inout [UInt8]) {
        var index = range.lowerBound &+ 12
        while index &+ 4 <= range.upperBound {
            let length = Int(bytes[index]) &* 4
            guard length > 0, index &+ length <= range.upperBound else {
                return fill(index..<range.upperBound, in: &bytes)
            }
            fill((index &+ 1)..<(index &+ length &- 1), in: &bytes)
            index &+= length
        }
    }

    private func blankTags(_ range: Range<Int>, in bytes: inout [UInt8]) {
        var index = range.lowerBound
        while index &+ 1 < range.upperBound {
            guard bytes[index] > 1 else {
                index &+= 1
                continue
            }
            let length = Int(bytes[index &+ 1])
            fill((index &+ 2)..<min(index &+ 2 &+ length, range.upperBound), in: &bytes)
            index &+= 2 &+ length
        }
    }

    /// The values of NFLOG's attributes but for the EtherType.
    private func blankAttributes(_ range: Range<Int>, in bytes: inout [UInt8]) {
        var index = range.lowerBound &+ 4
        while index &+ 4 <= range.upperBound {
            let isLittleEndian = bytes[index &+ 3] == 0
            let (high, low) = isLittleEndian ? (bytes[index &+ 1], bytes[index]) : (bytes[index], bytes[index &+ 1])
            let type = isLittleEndian ? bytes[index &+ 2] : bytes[index &+ 3]
            let length = Int(high) &<< 8 | Int(low)
            guard length >= 4 else { return fill(index..<range.upperBound, in: &bytes) }
            let end = min(index &+ (length &+ 3) & ~3, range.upperBound)
            fill(min(index &+ (type == 1 ? 6 : 4), end)..<end, in: &bytes)
            index = max(end, index &+ 4)
        }
        fill(index..<max(index, range.upperBound), in: &bytes)
    }
}

/// Addresses and checksums.
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

    private func setChecksum(of layer: Layer, _ status: ChecksumStatus, in bytes: inout [UInt8]) {
        let start = layer.range.lowerBound
        switch layer.kind {
        case .ipv4 where layer.isRight:
            write(Self.sum(layer.range, at: start &+ 10, in: &bytes), at: start &+ 10, in: &bytes)
        case .tcp:
            guard layer.end <= bytes.count, status == .right || status == .offloaded else { return }
            var sum = pseudoHeader(of: layer, protocolNumber: 6, count: layer.end &- start, in: bytes.span)
            if status == .offloaded { return write(sum.value, at: start &+ 16, in: &bytes) }
            bytes[start &+ 16] = 0
            bytes[start &+ 17] = 0
            sum.add(bytes.span.extracting(start..<layer.end))
            write(~sum.value, at: start &+ 16, in: &bytes)
        case .udp where bytes[start &+ 6] != 0 || bytes[start &+ 7] != 0:
            // RFC 768: zero is none; IPv6 requires one.
            bytes[start &+ 6] = 0
            bytes[start &+ 7] = 0
            guard layer.isIPv6, layer.end <= bytes.count else { return }
            var sum = pseudoHeader(of: layer, protocolNumber: 17, count: layer.end &- start, in: bytes.span)
            sum.add(bytes.span.extracting(start..<layer.end))
            let value = ~sum.value
            write(value == 0 ? 0xffff : value, at: start &+ 6, in: &bytes)
        // RFC 2784 2.3.
        case .gre where bytes[start] & 0x80 != 0 && bytes[start &+ 1] & 7 == 0:
            guard layer.end <= bytes.count else { return }
            write(Self.sum(start..<layer.end, at: start &+ 4, in: &bytes), at: start &+ 4, in: &bytes)
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

    private func pseudoHeader(
        of layer: Layer, protocolNumber: UInt32, count: Int, in bytes: Span<UInt8>
    ) -> InternetChecksum {
        var sum = InternetChecksum()
        sum.add(bytes.extracting(layer.addresses..<(layer.addresses &+ (layer.isIPv6 ? 32 : 8))))
        sum.add(protocolNumber)
        sum.add(UInt32(truncatingIfNeeded: count))
        return sum
    }

    private func write(_ value: UInt16, at place: Int, in bytes: inout [UInt8]) {
        bytes[place] = UInt8(value &>> 8)
        bytes[place &+ 1] = UInt8(truncatingIfNeeded: value)
    }
}
