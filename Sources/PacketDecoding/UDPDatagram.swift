internal import WireFormat

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

    /// Creates the datagram from what ``PacketDecoder`` filled in: with ``TransportPacket/udp``, what TCP and UDP have
    /// in common.
    package init(_ segment: borrowing TCPSegment) {
        source = segment.source
        destination = segment.destination
        tunnel = segment.tunnel
        payload = segment.payload
        payloadLength = segment.payloadLength
    }

    /// Classifies the datagram by its ports and first bytes.
    ///
    /// - Parameter bytes: The bytes it was found in.
    /// - Returns: A kind of datagram.
    package func service(in bytes: Span<UInt8>) -> UDPService {
        let content = bytes.extracting(payload)
        if content.startsWithQUICLongHeader { return .quic }
        if content.isWireGuardHandshake(length: payloadLength) { return .tunnel(.wireGuard) }
        if Self.isWebPort(source.port) || Self.isWebPort(destination.port) { return .webPort }
        let tunnel = Self.tunnel(at: destination.port, content) ?? Self.tunnel(at: source.port, content)
        return tunnel.map { .tunnel($0) } ?? .other
    }

    private static func isWebPort(_ port: UInt16) -> Bool { port == 443 || port == 80 }

    /// The tunnel assigned to a port (IANA, Service Names and Port Numbers), if it is one that is not decoded.
    private static func tunnel(at port: UInt16, _ content: Span<UInt8>) -> UndecodedTunnel? {
        switch port {
        // RFC 3948 2.2: IKE has four zero bytes in place of the SPI; a keep-alive is a single byte.
        case 4500: content.count >= 8 && content.bigEndianUInt32(at: 0) != 0 ? .esp : nil
        case 51820: content.count >= 32 && content.bigEndianUInt32(at: 0) == 0x0400_0000 ? .wireGuard : nil
        case 1194: .openVPN
        case 3544: .teredo
        case 4341: .lisp
        case 4790: .vxlanGPE
        case 5247: .capwap
        case 6080: .gue
        case 6635: .mplsOverUDP
        default: nil
        }
    }
}

/// What a UDP datagram carries, in a few kinds, so that counting by kind is bounded.
package enum UDPService: Hashable, Sendable {
    /// QUIC: a long header of a known version, whatever the port.
    case quic
    /// Port 443 or 80, where QUIC's short headers look like any bytes.
    case webPort
    /// A tunnel that is not decoded.
    case tunnel(UndecodedTunnel)
    /// Anything else.
    case other
}

extension Span<UInt8> {
    /// Whether it starts with a long header of QUIC (RFC 8999 5.1) of version 1 (RFC 9000), 2 (RFC 9369) or a late
    /// draft.
    fileprivate var startsWithQUICLongHeader: Bool {
        // Both versions set the two highest bits (RFC 9000 17.2), and limit connection IDs to 20 bytes.
        guard count >= 7, self[0] & 0xc0 == 0xc0, self[5] <= 20 else { return false }
        switch bigEndianUInt32(at: 1) {
        case 1, 0x6b33_43cf, 0xff00_001b...0xff00_0022: return true
        default: return false
        }
    }

    /// Whether it is the first or second message of WireGuard's handshake, which have fixed lengths, whatever the port.
    fileprivate func isWireGuardHandshake(length: Int) -> Bool {
        guard count >= 4 else { return false }
        switch bigEndianUInt32(at: 0) {
        case 0x0100_0000: return length == 148
        case 0x0200_0000: return length == 92
        default: return false
        }
    }
}
