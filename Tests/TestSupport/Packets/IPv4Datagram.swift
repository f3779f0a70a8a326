package import PacketDecoding

/// An IPv4 datagram, for tests that need more than ``TCPPacket`` makes.
package struct IPv4Datagram: IPDatagram, Sendable {
    /// The sender.
    package var source: IPAddress
    /// The receiver.
    package var destination: IPAddress
    /// The protocol of the payload; 6 for TCP.
    package var protocolNumber: UInt8
    /// The options, a multiple of 4 bytes, at most 40.
    package var options: [UInt8]
    /// The fragment offset, in units of 8 bytes.
    package var fragmentOffset: UInt16
    /// Whether more fragments follow.
    package var moreFragments: Bool
    /// The total length field; nil for the correct value.
    package var totalLength: UInt16?
    /// The bytes after the header.
    package var payload: [UInt8]

    /// Creates a datagram.
    package init(
        from source: IPAddress, to destination: IPAddress, protocolNumber: UInt8, options: [UInt8] = [],
        fragmentOffset: UInt16 = 0, moreFragments: Bool = false, totalLength: UInt16? = nil, payload: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.protocolNumber = protocolNumber
        self.options = options
        self.fragmentOffset = fragmentOffset
        self.moreFragments = moreFragments
        self.totalLength = totalLength
        self.payload = payload
    }

    /// Creates a datagram that carries a TCP segment.
    package init(
        _ packet: TCPPacket, options: [UInt8] = [], fragmentOffset: UInt16 = 0, moreFragments: Bool = false,
        totalLength: UInt16? = nil
    ) {
        self.init(
            from: packet.source.address, to: packet.destination.address, protocolNumber: 6, options: options,
            fragmentOffset: fragmentOffset, moreFragments: moreFragments, totalLength: totalLength,
            payload: packet.segment)
    }

    /// The header and the payload.
    package var datagram: [UInt8] {
        precondition(options.count.isMultiple(of: 4) && options.count <= 40)
        let headerLength = 20 + options.count
        let length = totalLength ?? UInt16(headerLength + payload.count)
        var header = [0x40 | UInt8(headerLength / 4), 0] + length.bigEndianBytes
        header += [0, 0] + (fragmentOffset | (moreFragments ? 0x2000 : 0)).bigEndianBytes
        header += [64, protocolNumber, 0, 0] + source.bytes + destination.bytes + options
        header.replaceSubrange(10..<12, with: internetChecksum(header).bigEndianBytes)
        return header + payload
    }
}

/// A fragment of an IPv4 or IPv6 datagram.
package struct FragmentDatagram: IPDatagram, Sendable {
    /// The IP header, for IPv6 with the fragment header, and the payload.
    package let datagram: [UInt8]

    /// Copies the bytes of any datagram, so that they are built only once.
    package init(_ datagram: some IPDatagram) {
        self.datagram = datagram.datagram
    }

    fileprivate init(bytes: [UInt8]) {
        datagram = bytes
    }
}

extension IPDatagram {
    /// The part that is fragmented: everything after the IP header.
    package var fragmentable: [UInt8] {
        Array(datagram[(isIPv6 ? 40 : Int(datagram[0] & 0x0f) * 4)...])
    }

    /// The fragment with these bytes of the part after the IP header; the first of them is at a multiple of 8.
    ///
    /// All fragments of a datagram have the same identification, of which IPv4 uses the low 16 bits. Whether more
    /// fragments follow, and the bytes, are correct unless other values are given.
    package func fragment(
        _ range: Range<Int>, identification: UInt32 = 7, moreFragments: Bool? = nil, bytes: [UInt8]? = nil
    ) -> FragmentDatagram {
        let whole = datagram
        let isIPv6 = whole[0] >> 4 == 6
        let headerLength = isIPv6 ? 40 : Int(whole[0] & 0x0f) * 4
        let payload = bytes ?? Array(whole[headerLength...].dropFirst(range.lowerBound).prefix(range.count))
        let more = moreFragments ?? (range.upperBound < whole.count - headerLength)
        var header = Array(whole[..<headerLength])
        if isIPv6 {
            let next = header[6]
            header[6] = 44
            header.replaceSubrange(4..<6, with: UInt16(payload.count + 8).bigEndianBytes)
            header += [next, 0] + UInt16(range.lowerBound | (more ? 1 : 0)).bigEndianBytes
            header += identification.bigEndianBytes
        } else {
            header.replaceSubrange(2..<4, with: UInt16(header.count + payload.count).bigEndianBytes)
            header.replaceSubrange(4..<6, with: UInt16(truncatingIfNeeded: identification).bigEndianBytes)
            header.replaceSubrange(6..<8, with: UInt16(range.lowerBound / 8 | (more ? 0x2000 : 0)).bigEndianBytes)
            header.replaceSubrange(10..<12, with: [0, 0])
            header.replaceSubrange(10..<12, with: internetChecksum(header).bigEndianBytes)
        }
        return FragmentDatagram(bytes: header + payload)
    }

    /// The fragments of `size` bytes, a multiple of 8; the last one has the rest.
    package func fragments(of size: Int, identification: UInt32 = 7) -> [FragmentDatagram] {
        let whole = FragmentDatagram(self)
        let count = whole.fragmentable.count
        return stride(from: 0, to: count, by: size).map {
            whole.fragment($0..<min($0 + size, count), identification: identification)
        }
    }
}
