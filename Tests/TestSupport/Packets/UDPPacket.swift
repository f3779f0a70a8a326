package import PacketDecoding

/// A UDP datagram for building packets; without a checksum (RFC 768 allows 0).
package struct UDPPacket: IPDatagram, Sendable {
    /// The sender.
    package var source: Endpoint
    /// The receiver; an address of the same family as the source's.
    package var destination: Endpoint
    /// The length field; nil for the correct value.
    package var length: UInt16?
    /// The payload.
    package var payload: [UInt8]

    /// Creates a datagram.
    package init(
        from source: Endpoint = Endpoint("10.0.0.7:53412"), to destination: Endpoint = Endpoint("10.0.0.9:5000"),
        length: UInt16? = nil, payload: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.length = length
        self.payload = payload
    }

    /// The datagram in IPv4 or IPv6 without options, depending on its addresses.
    package var datagram: [UInt8] {
        let header =
            source.port.bigEndianBytes + destination.port.bigEndianBytes
            + (length ?? UInt16(payload.count + 8)).bigEndianBytes + [0, 0]
        let (from, to) = (source.address, destination.address)
        return from.isIPv6
            ? IPv6Datagram(from: from, to: to, protocolNumber: 17, payload: header + payload).datagram
            : IPv4Datagram(from: from, to: to, protocolNumber: 17, payload: header + payload).datagram
    }
}
