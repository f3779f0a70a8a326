import PacketDecoding
import TestSupport
import WireFormat

/// The result of decoding a packet.
struct Decoded {
    var outcome: TransportPacket
    var found = TCPSegment()

    /// The segment, if it is in the packet itself.
    var segment: TCPSegment? { outcome == .tcp ? found : nil }

    /// The segment, if it is in a datagram that the packet completed.
    var reassembled: TCPSegment? { outcome == .reassembledTCP ? found : nil }

    /// The UDP datagram.
    var datagram: UDPDatagram? {
        outcome == .udp || outcome == .reassembledUDP ? UDPDatagram(found) : nil
    }
}

/// Decodes a packet with a new decoder.
func decode(_ bytes: [UInt8], as linkType: LinkType = .ethernet, originalLength: Int? = nil) -> Decoded {
    var decoder = PacketDecoder()
    return bytes.withPacket(linkType: linkType, originalLength: originalLength) { decoder.decode($0) }
}

extension PacketDecoder {
    /// Decodes a packet.
    mutating func decode(_ packet: borrowing CapturedPacket) -> Decoded {
        var decoded = Decoded(outcome: .malformed)
        decoded.outcome = decode(packet, into: &decoded.found)
        return decoded
    }
}

/// Packets of both address families for tests that send them through everything.
enum Sample {
    static let ipv4 = TCPPacket(
        sequence: 0xfedc_ba98, acknowledgment: 0x7654_3210, flags: [.psh, .ack], window: 501,
        options: [.noOperation, .noOperation, .timestamps(1, echo: 2)], payload: Array("hello, world".utf8))
    static let ipv6 = TCPPacket(
        from: Endpoint("[2001:db8::7]:53412"), to: Endpoint("[2001:db8::9]:8080"),
        sequence: 0xfedc_ba98, acknowledgment: 0x7654_3210, flags: [.psh, .ack], window: 501,
        options: [.noOperation, .noOperation, .timestamps(1, echo: 2)], payload: Array("hello, world".utf8))
    static let both = [ipv4, ipv6]
}
