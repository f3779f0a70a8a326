package import PacketDecoding

/// A TCP segment for building packets.
///
/// For example, `TCPPacket(from: client, to: server, sequence: 7, flags: [.psh, .ack], payload: bytes).ethernet()`. Its
/// checksum, and those of the headers around it, are correct.
package struct TCPPacket: IPDatagram, Sendable {
    /// The sender.
    package var source: Endpoint
    /// The receiver; an address of the same family as the source's.
    package var destination: Endpoint
    /// The sequence number.
    package var sequence: UInt32
    /// The acknowledgment number.
    package var acknowledgment: UInt32
    /// The control bits.
    package var flags: TCPFlags
    /// The window field, not scaled.
    package var window: UInt16
    /// The options, at most 40 bytes; padded with zeros to a multiple of 4 bytes.
    package var options: [TCPOption]
    /// The payload.
    package var payload: [UInt8]

    /// Creates a segment.
    package init(
        from source: Endpoint = Endpoint("10.0.0.7:53412"), to destination: Endpoint = Endpoint("10.0.0.9:8080"),
        sequence: UInt32 = 1000, acknowledgment: UInt32 = 2000, flags: TCPFlags = [.ack], window: UInt16 = 65_535,
        options: [TCPOption] = [], payload: [UInt8] = []
    ) {
        self.source = source
        self.destination = destination
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        self.flags = flags
        self.window = window
        self.options = options
        self.payload = payload
    }

    /// The TCP header and the payload.
    package var segment: [UInt8] {
        var options = options.flatMap(\.bytes)
        options += Array(repeating: 0, count: (4 - options.count % 4) % 4)
        precondition(options.count <= 40, "more options than a TCP header holds")
        var segment = source.port.bigEndianBytes + destination.port.bigEndianBytes
        segment += sequence.bigEndianBytes + acknowledgment.bigEndianBytes
        segment += [UInt8(5 + options.count / 4) << 4, flags.rawValue] + window.bigEndianBytes
        segment += [0, 0, 0, 0] + options + payload
        segment.replaceSubrange(16..<18, with: internetChecksum(pseudoHeader(segment.count) + segment).bigEndianBytes)
        return segment
    }

    /// The segment in an IPv4 or IPv6 datagram without options, depending on its addresses.
    package var datagram: [UInt8] {
        source.address.isIPv6 ? IPv6Datagram(self).datagram : IPv4Datagram(self).datagram
    }

    /// The pseudo-header that the checksum also covers (RFC 9293 3.1).
    private func pseudoHeader(_ length: Int) -> [UInt8] {
        let addresses = source.address.bytes + destination.address.bytes
        return source.address.isIPv6
            ? addresses + UInt32(length).bigEndianBytes + [0, 0, 0, 6]
            : addresses + [0, 6] + UInt16(truncatingIfNeeded: length).bigEndianBytes
    }
}

/// An option of a TCP header.
package enum TCPOption: Sendable {
    /// Nothing follows (kind 0).
    case endOfOptions
    /// One byte of padding (kind 1).
    case noOperation
    /// The largest segment that the sender accepts (kind 2).
    case maximumSegmentSize(UInt16)
    /// The shift of the window field (kind 3, RFC 7323 2.2).
    case windowScale(UInt8)
    /// Selective acknowledgments are supported (kind 4).
    case selectiveAcknowledgmentPermitted
    /// The sender's clock, and the echo of the receiver's (kind 8, RFC 7323 3.2).
    case timestamps(UInt32, echo: UInt32)
    /// Any bytes, even invalid ones.
    case bytes([UInt8])

    /// The bytes of the option in the header.
    package var bytes: [UInt8] {
        switch self {
        case .endOfOptions: [0]
        case .noOperation: [1]
        case .maximumSegmentSize(let size): [2, 4] + size.bigEndianBytes
        case .windowScale(let shift): [3, 3, shift]
        case .selectiveAcknowledgmentPermitted: [4, 2]
        case .timestamps(let value, let echo): [8, 10] + value.bigEndianBytes + echo.bigEndianBytes
        case .bytes(let bytes): bytes
        }
    }
}
