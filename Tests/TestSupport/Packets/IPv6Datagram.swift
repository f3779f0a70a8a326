package import PacketDecoding

/// An IPv6 datagram, for tests that need more than ``TCPPacket`` makes.
package struct IPv6Datagram: IPDatagram, Sendable {
    /// The sender.
    package var source: IPAddress
    /// The receiver.
    package var destination: IPAddress
    /// The protocol of the payload; 6 for TCP.
    package var protocolNumber: UInt8
    /// The extension headers, in order.
    package var extensionHeaders: [IPv6ExtensionHeader]
    /// The payload length field; nil for the correct value.
    package var payloadLength: UInt16?
    /// The bytes after the headers.
    package var payload: [UInt8]

    /// Creates a datagram.
    package init(
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

    /// Creates a datagram that carries a TCP segment.
    package init(
        _ packet: TCPPacket, extensionHeaders: [IPv6ExtensionHeader] = [], payloadLength: UInt16? = nil
    ) {
        self.init(
            from: packet.source.address, to: packet.destination.address, protocolNumber: 6,
            extensionHeaders: extensionHeaders, payloadLength: payloadLength, payload: packet.segment)
    }

    /// The headers and the payload.
    package var datagram: [UInt8] {
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

/// An extension header of an IPv6 datagram, or the authentication header of an IPv4 one.
package enum IPv6ExtensionHeader: Sendable {
    /// Hop-by-hop options (RFC 8200 4.3), padded to a multiple of 8 bytes with PadN or Pad1.
    case hopByHop(options: [UInt8])
    /// Hop-by-hop options with the jumbo payload option (RFC 2675 2).
    case jumboPayload(length: UInt32)
    /// A routing header (RFC 8200 4.4) of type 0, without addresses.
    case routing
    /// A fragment header (RFC 8200 4.5); the offset is in units of 8 bytes.
    case fragment(offset: UInt16, moreFragments: Bool)
    /// An authentication header (RFC 4302) with a check value, a multiple of 4 bytes.
    case authentication(checkValue: [UInt8])
    /// Destination options (RFC 8200 4.6), padded like hop-by-hop options.
    case destination(options: [UInt8])
    /// Any other header: its number, and its bytes after the next header field.
    case other(number: UInt8, bytes: [UInt8])

    /// The number that announces the header.
    package var number: UInt8 {
        switch self {
        case .hopByHop, .jumboPayload: 0
        case .routing: 43
        case .fragment: 44
        case .authentication: 51
        case .destination: 60
        case .other(let number, _): number
        }
    }

    /// The header, with `next` in its next header field.
    package func bytes(next: UInt8) -> [UInt8] {
        switch self {
        case .hopByHop(let options), .destination(let options): [next] + Self.padded(options)
        case .jumboPayload(let length): [next] + Self.padded([0xc2, 4] + length.bigEndianBytes)
        case .routing: [next, 0, 0, 0, 0, 0, 0, 0]
        case .fragment(let offset, let moreFragments):
            [next, 0] + (offset << 3 | (moreFragments ? 1 : 0)).bigEndianBytes + [0, 0, 0, 7]
        case .authentication(let checkValue):
            [next, UInt8(1 + checkValue.count / 4), 0, 0] + [0, 0, 0, 1] + [0, 0, 0, 2] + checkValue
        case .other(_, let bytes): [next] + bytes
        }
    }

    /// The length field and the options, padded so that the header, with its next header field, has a multiple of 8
    /// bytes.
    private static func padded(_ options: [UInt8]) -> [UInt8] {
        let padding = (8 - (options.count + 2) % 8) % 8
        let filled =
            switch padding {
            case 0: options
            case 1: options + [0]
            default: options + [1, UInt8(padding - 2)] + Array(repeating: 0, count: padding - 2)
            }
        return [UInt8((filled.count + 2) / 8 - 1)] + filled
    }
}
