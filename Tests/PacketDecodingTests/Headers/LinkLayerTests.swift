import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Link layers")
struct LinkLayerTests {
    @Test("a segment is found in every framing", arguments: Framing.all, Sample.both)
    func segment(framing: Framing, sent: TCPPacket) throws {
        let bytes = framing.packet(sent)
        let segment = try #require(decode(bytes, as: framing.linkType).segment)
        #expect(segment.source == sent.source)
        #expect(segment.destination == sent.destination)
        #expect(segment.sequence == sent.sequence)
        #expect(segment.acknowledgment == sent.acknowledgment)
        #expect(segment.flags == sent.flags)
        #expect(segment.window == sent.window)
        #expect(segment.windowScale == nil)
        #expect(Array(bytes[segment.payload]) == sent.payload)
        #expect(segment.payloadLength == sent.payload.count)
        #expect(PacketDecoder.supports(framing.linkType))
    }

    @Test("a segment is found if the snap length includes its TCP header", arguments: Framing.all, Sample.both)
    func everyCut(framing: Framing, sent: TCPPacket) {
        let whole = framing.packet(sent)
        let payloadStart = whole.count - sent.payload.count
        for length in 0..<whole.count {
            let decoded = decode(Array(whole[..<length]), as: framing.linkType, originalLength: whole.count)
            if length < payloadStart {
                #expect(decoded.outcome == .truncated, "cut to \(length)")
            } else {
                #expect(decoded.segment?.payload == payloadStart..<length, "cut to \(length)")
                #expect(decoded.segment?.payloadLength == sent.payload.count, "cut to \(length)")
            }
        }
    }

    @Test("a packet that ends too early on the wire is malformed", arguments: Framing.all, Sample.both)
    func everyShortPacket(framing: Framing, sent: TCPPacket) {
        let whole = framing.packet(sent)
        for length in 0..<whole.count {
            #expect(decode(Array(whole[..<length]), as: framing.linkType).outcome == .malformed, "\(length) bytes")
        }
    }

    @Test("padding and trailers are not payload", arguments: [1, 6, 300], Sample.both)
    func trailer(length: Int, sent: TCPPacket) throws {
        let trailer = [UInt8](repeating: 0xee, count: length)
        for bytes in [sent.ethernet(trailer: trailer), sent.ethernetSNAP(trailer: trailer)] {
            let segment = try #require(decode(bytes).segment)
            #expect(Array(bytes[segment.payload]) == sent.payload)
            #expect(segment.payloadLength == sent.payload.count)
        }
    }

    @Test("raw IPv4 and IPv6 link types hold one version only")
    func rawVersions() {
        #expect(decode(Sample.ipv4.datagram, as: .ipv4).outcome == .tcp)
        #expect(decode(Sample.ipv6.datagram, as: .ipv6).outcome == .tcp)
        #expect(decode(Sample.ipv6.datagram, as: .ipv4).outcome == .malformed)
        #expect(decode(Sample.ipv4.datagram, as: .ipv6).outcome == .malformed)
        #expect(decode([0x50] + Sample.ipv4.datagram, as: .raw).outcome == .malformed)
    }

    @Test("every system's number for IPv6 is accepted", arguments: [10, 24, 28, 30] as [UInt32], [true, false])
    func addressFamilies(family: UInt32, bigEndian: Bool) {
        let bytes = Sample.ipv6.loopback(family: family, bigEndian: bigEndian)
        #expect(decode(bytes, as: .null).outcome == .tcp)
        #expect(decode(bytes, as: .loop).outcome == .tcp)
    }

    @Test("LLC carries IPv4 without SNAP too")
    func plainLogicalLink() {
        let content = [0x06, 0x06, 0x03] + Sample.ipv4.datagram
        let addresses = [UInt8](repeating: 2, count: 12)
        #expect(decode(addresses + UInt16(content.count).bigEndianBytes + content).outcome == .tcp)
        #expect(
            decode([0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4] + content, as: .linuxCooked).outcome == .tcp)
    }

    @Test(
        "what is not IP is neither TCP nor UDP",
        arguments: [
            ("ARP", .ethernet, Row.ethernet(type: 0x0806)),
            ("LLDP", .ethernet, Row.ethernet(type: 0x88cc)),
            ("neither type nor length", .ethernet, Row.ethernet(type: 1501)),
            ("spanning tree", .ethernet, Row.ethernet(type: 46, [0x42, 0x42, 0x03])),
            ("IPX", .ethernet, Row.ethernet(type: 46, [0xff, 0xff, 0x00])),
            ("LLC of IP, but no information frame", .ethernet, Row.ethernet(type: 46, [0x06, 0x06, 0x7f])),
            (
                "SNAP of another organization", .ethernet,
                Row.ethernet(type: 46, [0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x08, 0])
            ),
            ("cooked ARP", .linuxCooked, [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x06]),
            ("cooked netlink", .linuxCooked, [0, 4, 0x03, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00]),
            ("cooked netlink 2", .linuxCooked2, [8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0x38, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("AppleTalk", .null, [16, 0, 0, 0]),
            ("LCP", .ppp, [0xff, 0x03, 0xc0, 0x21]),
            ("Cisco keepalive", .ciscoHDLC, [0x8f, 0x00, 0x80, 0x35]),
        ] as [(String, LinkType, [UInt8])])
    func notIP(name: String, linkType: LinkType, start: [UInt8]) {
        #expect(decode(start + Array(repeating: 0, count: 60), as: linkType).outcome == .other)
    }

    @Test("a length that is more than the frame is malformed")
    func lengthBeyondFrame() {
        var bytes = Sample.ipv4.ethernetSNAP()
        bytes[13] += 1
        #expect(decode(bytes).outcome == .malformed)
    }

    @Test("the number of headers is bounded")
    func headerBound() {
        // Ethernet, the tags, IPv4 and TCP make 32 headers.
        #expect(decode(Sample.ipv4.ethernet(tags: Array(repeating: VLANTag(), count: 29))).outcome == .tcp)
        #expect(decode(Sample.ipv4.ethernet(tags: Array(repeating: VLANTag(), count: 30))).outcome == .malformed)
    }

    @Test("other link types are distinguished", arguments: [2, 6, 122, 147, 189, 0xffff_ffff] as [UInt32])
    func unsupported(number: UInt32) {
        let linkType = LinkType(rawValue: number)
        #expect(!PacketDecoder.supports(linkType))
        #expect(decode(Sample.ipv4.ethernet(), as: linkType).outcome == .unsupportedLinkType)
    }
}

private enum Row {
    static func ethernet(type: UInt16, _ content: [UInt8] = []) -> [UInt8] {
        [UInt8](repeating: 2, count: 12) + type.bigEndianBytes + content
    }
}
