import PacketDecoding
import TestSupport
import Testing

@Suite("Built packets")
struct PacketBuilderTests {
    @Test("the IPv4 header's checksum is correct")
    func ipv4Checksum() {
        #expect(internetChecksum(Array(Sample.ipv4.datagram[..<20])) == 0)
        let options = IPv4Datagram(Sample.ipv4, options: [7, 3, 4, 1]).datagram
        #expect(internetChecksum(Array(options[..<24])) == 0)
    }

    @Test("the checksum is that of RFC 1071's example")
    func checksumExample() {
        // RFC 1071 3: the sum is ddf2.
        #expect(internetChecksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]) == ~0xddf2)
    }

    @Test("the TCP checksum covers addresses and length", arguments: Sample.both, [0, 1, 12, 1001])
    func tcpChecksum(packet: TCPPacket, payloadLength: Int) {
        var packet = packet
        packet.payload = Array(repeating: 0xa5, count: payloadLength)
        let segment = packet.segment
        let pseudoHeader =
            packet.source.address.bytes + packet.destination.address.bytes
            + UInt32(segment.count).bigEndianBytes + [0, 0, 0, 6]
        #expect(internetChecksum(pseudoHeader + segment) == 0)
    }
}
