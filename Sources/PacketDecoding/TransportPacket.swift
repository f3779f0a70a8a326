internal import WireFormat

/// What a captured packet carries, as far as its headers lead.
package enum TransportPacket: Hashable, Sendable {
    /// A TCP segment; its payload is a range of the packet's bytes.
    case tcp
    /// A TCP segment in the datagram that this packet, the last of its fragments, completed; its payload is a range of
    /// ``PacketDecoder/datagram``.
    case reassembledTCP
    /// A UDP datagram that is no tunnel (``UDPDatagram``); its payload is a range of the packet's bytes.
    case udp
    /// The same in a datagram that this packet completed; its payload is a range of ``PacketDecoder/datagram``.
    case reassembledUDP
    /// Sound, but neither TCP nor UDP over IP: ARP, ICMP…
    case other
    /// A fragment of an IP datagram that is not complete yet, or never will be (``FragmentTotals``).
    case fragment
    /// The capture holds too little of it to reach the end of the TCP or UDP header.
    case truncated
    /// A header contradicts itself or the packet's length.
    case malformed
    /// ``PacketDecoder/supports(_:)`` is false for the link type.
    case unsupportedLinkType

    /// Whether it is a TCP segment.
    @inlinable
    package var isTCP: Bool {
        switch self {
        case .tcp, .reassembledTCP: true
        default: false
        }
    }

    /// Whether the payload is a range of ``PacketDecoder/datagram``.
    @inlinable
    package var isReassembled: Bool {
        switch self {
        case .reassembledTCP, .reassembledUDP: true
        default: false
        }
    }
}

/// Where the headers of a packet lead.
enum WalkEnd {
    /// To a TCP header.
    case tcp
    /// To the payload of a UDP datagram.
    case udp
    /// To something else.
    case other
    /// To a fragment.
    case fragment
    /// Nowhere: the captured bytes end.
    case truncated
    /// Nowhere: a header contradicts itself or the packet's length.
    case malformed
}

/// A UDP datagram (RFC 768) found in a packet.
package struct UDPDatagram: Sendable {
    /// The sender.
    package var source: Endpoint
    /// The receiver.
    package var destination: Endpoint
    /// The tunnel that it came through (``TCPSegment/tunnel``).
    package var tunnel: UInt32
    /// Where its payload lies in the bytes it was found in, as far as it was captured.
    package var payload: Range<Int>
    /// The length of the payload on the wire; more than `payload.count` if a snap length cut it.
    package var payloadLength: Int

    /// Takes the datagram from where ``PacketDecoder`` has put it: with ``TransportPacket/udp``, what TCP and UDP have in
    /// common.
    package init(_ segment: borrowing TCPSegment) {
        source = segment.source
        destination = segment.destination
        tunnel = segment.tunnel
        payload = segment.payload
        payloadLength = segment.payloadLength
    }

    /// What the datagram is by its ports and first bytes.
    ///
    /// - Parameter bytes: The bytes it was found in.
    /// - Returns: A kind of datagram.
    package func service(in bytes: Span<UInt8>) -> UDPService {
        if bytes.extracting(payload).startsWithQUICLongHeader { return .quic }
        return Self.isWebPort(source.port) || Self.isWebPort(destination.port) ? .webPort : .other
    }

    private static func isWebPort(_ port: UInt16) -> Bool { port == 443 || port == 80 }
}

/// What a UDP datagram carries: a few kinds, however many ports there are.
package enum UDPService: Hashable, Sendable {
    /// QUIC: a long header of a known version, whatever the port.
    case quic
    /// Port 443 or 80, where QUIC's short headers look like any bytes.
    case webPort
    /// Anything else.
    case other
}

extension Span<UInt8> {
    /// Whether it starts with a long header of QUIC (RFC 8999 5.1) of version 1 (RFC 9000), 2 (RFC 9369) or a late draft.
    fileprivate var startsWithQUICLongHeader: Bool {
        // Both versions set the two highest bits (RFC 9000 17.2), and limit connection IDs to 20 bytes.
        guard count >= 7, self[0] & 0xc0 == 0xc0, self[5] <= 20 else { return false }
        switch bigEndianUInt32(at: 1) {
        case 1, 0x6b33_43cf, 0xff00_001b...0xff00_0022: return true
        default: return false
        }
    }
}
