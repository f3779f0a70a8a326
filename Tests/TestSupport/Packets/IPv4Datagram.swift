public import PacketDecoding

/// An IPv4 datagram, for tests that need more than ``TCPPacket`` makes.
public struct IPv4Datagram: IPDatagram, Sendable {
    /// The sender.
    public var source: IPAddress
    /// The receiver.
    public var destination: IPAddress
    /// What the payload is; 6 for TCP.
    public var protocolNumber: UInt8
    /// The options, a multiple of 4 bytes, at most 40.
    public var options: [UInt8]
    /// The fragment offset, in units of 8 bytes.
    public var fragmentOffset: UInt16
    /// Whether more fragments follow.
    public var moreFragments: Bool
    /// The total length field; nil for the right one.
    public var totalLength: UInt16?
    /// What stands behind the header.
    public var payload: [UInt8]

    /// Makes a datagram.
    public init(
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

    /// Makes a datagram that carries a TCP segment.
    public init(
        _ packet: TCPPacket, options: [UInt8] = [], fragmentOffset: UInt16 = 0, moreFragments: Bool = false,
        totalLength: UInt16? = nil
    ) {
        self.init(
            from: packet.source.address, to: packet.destination.address, protocolNumber: 6, options: options,
            fragmentOffset: fragmentOffset, moreFragments: moreFragments, totalLength: totalLength,
            payload: packet.segment)
    }

    /// The header and the payload.
    public var datagram: [UInt8] {
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
