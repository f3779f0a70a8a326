public import PacketDecoding

/// An IPv6 datagram, for tests that need more than ``TCPPacket`` makes.
public struct IPv6Datagram: IPDatagram, Sendable {
    /// The sender.
    public var source: IPAddress
    /// The receiver.
    public var destination: IPAddress
    /// What the payload is; 6 for TCP.
    public var protocolNumber: UInt8
    /// The extension headers, in order.
    public var extensionHeaders: [IPv6ExtensionHeader]
    /// The payload length field; nil for the right one.
    public var payloadLength: UInt16?
    /// What stands behind the headers.
    public var payload: [UInt8]

    /// Makes a datagram.
    public init(
        from source: IPAddress, to destination: IPAddress, protocolNumber: UInt8,
        extensionHeaders: [IPv6ExtensionHeader] = [], payloadLength: UInt16? = nil, payload: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.protocolNumber = protocolNumber
        self.extensionHeaders = extensionHeaders
        self.payloadLength = payloadLength
        self.payload = payload
    }

    /// Makes a datagram that carries a TCP segment.
    public init(
        _ packet: TCPPacket, extensionHeaders: [IPv6ExtensionHeader] = [], payloadLength: UInt16? = nil
    ) {
        self.init(
            from: packet.source.address, to: packet.destination.address, protocolNumber: 6,
            extensionHeaders: extensionHeaders, payloadLength: payloadLength, payload: packet.segment)
    }

    /// The headers and the payload.
    public var datagram: [UInt8] {
        var next = protocolNumber
        var body = payload
        for header in extensionHeaders.reversed() {
            body = header.bytes(next: next) + body
            next = header.number
        }
        let length = payloadLength ?? UInt16(body.count)
        return [0x60, 0, 0, 0] + length.bigEndianBytes + [next, 64] + source.bytes + destination.bytes + body
    }
}
