import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Tunnels of mirrors and carriers")
struct MirrorAndCarrierTests {
    private let sent = Sample.ipv4

    @Test(
        "what is neither a packet in a tunnel nor malformed is UDP",
        arguments: [
            ("GTP-U echo request", 2152, [0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0]),
            ("GTP'", 2152, [0x2e, 255, 0, 0, 0, 0, 0, 0]),
            ("GTP version 2", 2152, [0x48, 255, 0, 0, 0, 0, 0, 0]),
            ("TZSP keep-alive", 37008, [1, 4, 0, 1]),
            ("TZSP around SLIP", 37008, [1, 0, 0, 0x3d, 1]),
            ("TZSP, version 2", 37008, [2, 0, 0, 1, 1]),
            ("L2TP control", 1701, [0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("L2F", 1701, [0x40, 1, 0, 0, 0, 0]),
        ] as [(String, UInt16, [UInt8])])
    func otherMessages(name: String, port: UInt16, start: [UInt8]) {
        #expect(decode(Self.udp(port, start + Array(repeating: 0, count: 40))).outcome == .udp)
    }

    @Test(
        "a header that contradicts the packet is malformed",
        arguments: [
            ("GTP-U, length beyond the packet", 2152, [0x30, 255, 1, 0, 0, 0, 0, 5]),
            ("GTP-U, empty extension", 2152, [0x34, 255, 0, 40, 0, 0, 0, 5, 0, 0, 0, 0x85, 0]),
            ("GTP-U, extension beyond the packet", 2152, [0x34, 255, 0, 40, 0, 0, 0, 5, 0, 0, 0, 0x85, 200]),
            ("GTP-U, no end of extensions", 2152, [0x34, 255, 0, 6, 0, 0, 0, 5, 0, 0, 0, 0x85]),
            ("TZSP without an end", 37008, [1, 0, 0, 1, 2, 40]),
            ("TZSP, field beyond the packet", 37008, [1, 0, 0, 1, 2, 200]),
            ("L2TP, length beyond the packet", 1701, [0x40, 2, 2, 0, 0, 1, 0, 1]),
            ("L2TP, offset beyond the packet", 1701, [0x02, 2, 0, 1, 0, 1, 2, 0]),
        ] as [(String, UInt16, [UInt8])])
    func malformed(name: String, port: UInt16, start: [UInt8]) {
        #expect(decode(Self.udp(port, start + Array(repeating: 0, count: 38))).outcome == .malformed)
    }

    @Test(
        "what leads to neither IP nor a frame is nothing",
        arguments: [
            ("GTP-U around Ethernet", 17, udp([0x30, 255, 0, 20, 0, 0, 0, 5, 0, 0], to: 2152)),
            ("ERSPAN version 0", 47, [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0, 0, 0, 0]),
            ("L2TPv3 control", 115, [0, 0, 0, 0, 0xc8, 3, 0, 12]),
            ("L2TPv3, unknown frame", 115, [0, 0, 0, 7]),
        ] as [(String, UInt8, [UInt8])])
    func nothing(name: String, number: UInt8, start: [UInt8]) {
        #expect(decode(Self.ip(number, start + Array(repeating: 0, count: 40))).outcome == .other)
    }

    @Test("a frame that its mirror cut is cut as by a snap length", arguments: [2, 3])
    func cutMirror(type: Int) throws {
        // Bit T of the ERSPAN header, and 5 bytes fewer.
        let datagram = sent.inside(.erspan(type: type)).datagram.dropLast(5)
        var cut = Array(datagram)
        cut[20 + 8 + 2] |= 0x04
        cut.replaceSubrange(2..<4, with: UInt16(cut.count).bigEndianBytes)
        let segment = try #require(decode(cut, as: .raw).segment)
        #expect(segment.payloadLength == sent.payload.count && segment.payload.count == sent.payload.count - 5)
        #expect(Array(cut[segment.payload]) == Array(sent.payload.dropLast(5)))

        cut[20 + 8 + 2] &= 0xfb
        #expect(decode(cut, as: .raw).outcome == .malformed, "it does not say that it was cut")
    }

    @Test(
        "GRE around a protocol that is not decoded is named; messages between its ends are not",
        arguments: [
            ([0, 0, 0x81, 0x37], true), ([0, 0, 0x65, 0x59], true), ([0, 0, 0x82, 0x00], true),
            ([0x40, 0, 0x08, 0x00], true), ([0x08, 0, 0x08, 0x00], true), ([0, 2, 0x08, 0x00], true),
            ([0x30, 1, 0x08, 0x00], true), ([0, 0, 0, 0], false),
            ([0, 0, 0x08, 0x06], false), ([0, 0, 0x20, 0x01], false),
        ] as [([UInt8], Bool)])
    func otherGRE(start: [UInt8], isNamed: Bool) {
        let outcome = decode(Self.ip(47, start + Array(repeating: 7, count: 40))).outcome
        #expect(outcome == (isNamed ? .tunnel(.gre) : .other))
    }

    @Test("IPsec and MACsec are named, over both IP versions")
    func named() {
        let six = IPv6Datagram(
            from: IPAddress("::1"), to: IPAddress("::2"), protocolNumber: 50, payload: Array(repeating: 7, count: 40))
        #expect(decode(Self.ip(50, Array(repeating: 7, count: 40))).outcome == .tunnel(.esp))
        #expect(decode(six.ethernet()).outcome == .tunnel(.esp))
        let secured = [UInt8](repeating: 2, count: 12) + [0x88, 0xe5] + Array(repeating: 7, count: 60)
        #expect(decode(secured).outcome == .tunnel(.macsec))
    }

    @Test(
        "tunnels of layer 2 are named",
        arguments: [([0x88, 0xe7], .providerBackbone), ([0x22, 0xf3], .trill), ([0x43, 0x05], .batman)]
            as [([UInt8], UndecodedTunnel)])
    func layer2(type: [UInt8], tunnel: UndecodedTunnel) {
        let frame = [UInt8](repeating: 2, count: 12) + type + Array(repeating: 7, count: 60)
        #expect(decode(frame).outcome == .tunnel(tunnel))
    }

    @Test("a frame in EtherIP (RFC 3378 3)")
    func etherIP() throws {
        let segment = try #require(decode(Self.ip(97, [0x30, 0] + sent.ethernet())).segment)
        #expect(segment.payloadLength == sent.payload.count)
    }

    private static func udp(_ port: UInt16, _ payload: [UInt8]) -> [UInt8] {
        UDPPacket(to: Endpoint("10.0.0.9:\(port)"), payload: payload).ethernet()
    }

    /// A UDP datagram without its IP header, for 40 further bytes of content.
    private static func udp(_ start: [UInt8], to port: UInt16) -> [UInt8] {
        [0xc0, 0] + port.bigEndianBytes + UInt16(start.count + 48).bigEndianBytes + [0, 0] + start
    }

    private static func ip(_ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
        IPv4Datagram(
            from: IPAddress("10.0.0.1"), to: IPAddress("10.0.0.2"), protocolNumber: number, payload: payload
        ).ethernet()
    }
}

@Suite("Links that wrap packets")
struct PseudoLinkTests {
    @Test(
        "what holds no IP is nothing",
        arguments: [
            ("NFLOG, version 1", .netfilterLog, [2, 1, 0, 0]),
            ("NFLOG of a bridge, ARP", .netfilterLog, [7, 0, 0, 5, 8, 0, 1, 0, 0x08, 0x06, 3, 0, 32, 0, 9, 0, 0, 1]),
            ("PKTAP without a packet", .pktap, [16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
            ("PKTAP around IEEE 802.11", .pktap, [16, 0, 0, 0, 1, 0, 0, 0, 105, 0, 0, 0]),
            ("ARP over InfiniBand", .ipOverInfiniBand, [UInt8](repeating: 0, count: 40) + [0x08, 0x06, 0, 0]),
        ] as [(String, LinkType, [UInt8])])
    func nothing(name: String, linkType: LinkType, start: [UInt8]) {
        #expect(decode(start + Array(repeating: 0, count: 60), as: linkType).outcome == .other)
    }

    @Test(
        "a header that contradicts the packet is malformed",
        arguments: [
            ("NFLOG, empty attribute", .netfilterLog, [2, 0, 0, 5, 3, 0, 1, 0]),
            ("NFLOG, attribute beyond the packet", .netfilterLog, [2, 0, 0, 5, 0, 1, 9, 0]),
            ("NFLOG without a packet", .netfilterLog, [2, 0, 0, 5, 64, 0, 1, 0]),
            ("pflog without a length", .packetFilterLog, [0, 2]),
            ("pflog, header beyond the packet", .packetFilterLog, [200, 2]),
            ("PKTAP, short header", .pktap, [8, 0, 0, 0]),
            ("PKTAP, header beyond the packet", .pktap, [0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]),
        ] as [(String, LinkType, [UInt8])])
    func malformed(name: String, linkType: LinkType, start: [UInt8]) {
        #expect(decode(start + Array(repeating: 0, count: 60), as: linkType).outcome == .malformed)
    }

    @Test("PKTAP in PKTAP is bounded")
    func nesting() {
        let header: [UInt8] = [12, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0]
        let bytes = Array(repeatElement(header, count: 1000).joined())
        #expect(decode(bytes, as: .pktap).outcome == .malformed)
    }
}
