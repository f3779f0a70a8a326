/// A fragment of an IPv4 or IPv6 datagram.
public struct FragmentDatagram: IPDatagram, Sendable {
    /// The IP header, for IPv6 with the fragment header, and the payload.
    public let datagram: [UInt8]

    /// Takes the bytes of any datagram, so that they are built once.
    public init(_ datagram: some IPDatagram) {
        self.datagram = datagram.datagram
    }

    fileprivate init(bytes: [UInt8]) {
        datagram = bytes
    }
}

extension IPDatagram {
    /// What fragments cut into pieces: all behind the IP header.
    public var fragmentable: [UInt8] {
        Array(datagram[(isIPv6 ? 40 : Int(datagram[0] & 0x0f) * 4)...])
    }

    /// The fragment with these bytes of what is behind the IP header, the first of them a multiple of 8.
    ///
    /// The identification is what the fragments of one datagram have in common, of which the low 16 bits count for
    /// IPv4; whether more fragments follow, and the bytes, are what is right unless others are given.
    public func fragment(
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

    /// The fragments of `size` bytes, a multiple of 8, the last of what is left.
    public func fragments(of size: Int, identification: UInt32 = 7) -> [FragmentDatagram] {
        let whole = FragmentDatagram(self)
        let count = whole.fragmentable.count
        return stride(from: 0, to: count, by: size).map {
            whole.fragment($0..<min($0 + size, count), identification: identification)
        }
    }
}
