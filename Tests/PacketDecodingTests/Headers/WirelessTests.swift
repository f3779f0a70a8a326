import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("IEEE 802.11 frames")
struct WirelessTests {
    private let sent = Sample.ipv4

    @Test(
        "A checksum at the end of the frame is not payload, if radiotap indicates it", arguments: [UInt8(0x10), 0x30])
    func checksum(flags: UInt8) throws {
        let frame = Framing.wireless(sent, [0x88, 0x02], padding: flags & 0x20 == 0 ? 0 : 2)
        // Without an IP length, the frame ends the packet.
        var bytes = Framing.radiotap(flags: flags) + frame + [0xde, 0xad, 0xbe, 0xef]
        let length = bytes.count - 4 - sent.datagram.count + 2
        bytes.replaceSubrange(length..<(length + 2), with: [0, 0])
        let segment = try #require(decode(bytes, as: .radiotap).segment)
        #expect(Array(bytes[segment.payload]) == sent.payload)
    }

    @Test(
        "Frames without a whole packet are ignored",
        arguments: [
            ("a beacon", [0x80, 0]), ("an acknowledgment", [0xd4, 0]), ("no data", [0x48, 1]),
            ("no data, quality of service", [0xc8, 1]), ("a fragment", [0x08, 0x05]), ("version 1", [0x09, 1]),
        ] as [(String, [UInt8])])
    func nothing(name: String, control: [UInt8]) {
        #expect(decode(Framing.wireless(sent, control), as: .wireless).outcome == .other)
    }

    @Test("The last fragment alone is nothing")
    func lastFragment() {
        var bytes = Framing.wireless(sent)
        bytes[22] |= 1
        #expect(decode(bytes, as: .wireless).outcome == .other)
    }

    @Test("Encrypted frames are named")
    func encrypted() {
        let bytes = Framing.wireless(sent, [0x08, 0x41])
        #expect(decode(bytes, as: .wireless).outcome == .tunnel(.wirelessEncryption))
        #expect(decode(Framing.radiotap(flags: 0) + bytes, as: .radiotap).outcome == .tunnel(.wirelessEncryption))
    }

    @Test(
        "A header that contradicts the packet is malformed",
        arguments: [
            ("radiotap, short", .radiotap, [0, 0, 4, 0]), ("radiotap, beyond the packet", .radiotap, [0, 0, 0, 1]),
            ("Prism, short", .prism, [0x44, 0, 0, 0, 4, 0, 0, 0]),
            ("Prism, beyond the packet", .prism, [0x44, 0, 0, 0, 0, 1, 0, 0]),
            ("per-packet information, short", .packetInformation, [0, 0, 7, 0, 1, 0, 0, 0]),
        ] as [(String, LinkType, [UInt8])])
    func malformed(name: String, linkType: LinkType, start: [UInt8]) {
        #expect(decode(start + Array(repeating: 0, count: 60), as: linkType).outcome == .malformed)
    }

    @Test("They are found in TZSP", arguments: [UInt8(0x12), 0x77])
    func mirrored(number: UInt8) throws {
        let frame = (number == 0x77 ? [0x44, 0, 0, 0, 8, 0, 0, 0] : []) + Framing.wireless(sent)
        let bytes = UDPPacket(to: Endpoint("10.0.0.9:37008"), payload: [1, 0, 0, number, 1] + frame).ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(Array(bytes[segment.payload]) == sent.payload)
    }

    @Test("Per-packet information in itself is bounded")
    func nesting() {
        let header: [UInt8] = [0, 0, 8, 0, 192, 0, 0, 0]
        let bytes = Array(repeatElement(header, count: 1000).joined())
        #expect(decode(bytes, as: .packetInformation).outcome == .malformed)
    }
}
