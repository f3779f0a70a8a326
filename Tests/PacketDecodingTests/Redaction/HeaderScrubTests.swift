import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Blanked headers")
struct HeaderScrubTests {
    private func scrub(_ packet: [UInt8], _ linkType: LinkType) -> [UInt8]? {
        var bytes = packet
        var scrub = HeaderScrub(addresses: nil)
        return scrub.scrub(&bytes, wireLength: bytes.count, linkType, checksum: .unknown) ? bytes : nil
    }

    @Test("lead to the same segment in every framing", arguments: Framing.all, Sample.both)
    func segment(framing: Framing, sent: TCPPacket) throws {
        let packet = framing.packet(sent)
        let before = try #require(decode(packet, as: framing.linkType).segment)
        let blank = try #require(scrub(packet, framing.linkType))
        let after = try #require(decode(blank, as: framing.linkType).segment)
        #expect(blank.count == packet.count)
        #expect((after.source, after.destination) == (before.source, before.destination))
        #expect((after.sequence, after.payload) == (before.sequence, before.payload))
        #expect(blank[after.payload] == packet[before.payload])
        // Nothing is left to blank.
        #expect(scrub(blank, framing.linkType) == blank)
    }

    /// Offsets in an IPv4 packet on Ethernet: 14 bytes, 20 of IP and, for some tunnels, 8 of UDP.
    private static let (afterIP, afterUDP) = (34, 42)

    @Test("have no options of Geneve")
    func geneve() throws {
        // RFC 8926 3.5: class, type, reserved bits and a length of two words; then those.
        let option: [UInt8] = [1, 2, 3, 0xe2] + Array("Waterloo".utf8)
        let packet = Sample.ipv4.inside(.geneve(network: 7, options: option + option)).ethernet()
        let blank = try #require(scrub(packet, .ethernet))
        let range = (Self.afterUDP + 8)..<(Self.afterUDP + 32)
        #expect(Array(packet[range]) == option + option)
        let blankOption: [UInt8] = [1, 2, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(Array(blank[range]) == blankOption + blankOption)
    }

    @Test("have no padding of L2TP", arguments: [false, true], [false, true])
    func l2tp(length: Bool, sequence: Bool) throws {
        // RFC 2661 3.1: flags, an optional length, tunnel and session, optional numbers, the size of the padding.
        let start = Self.afterUDP + 2 + (length ? 2 : 0) + 4 + (sequence ? 4 : 0)
        let tunnel = Tunnel.l2tp(length: length, sequence: sequence, offset: 9)
        var packet = Sample.ipv4.inside(tunnel).ethernet()
        #expect(Array(packet[start..<(start + 2)]) == [0, 9])
        packet.replaceSubrange((start + 2)..<(start + 11), with: Array("Austerlit".utf8))
        let blank = try #require(scrub(packet, .ethernet))
        #expect(blank[(start + 2)..<(start + 11)].allSatisfy { $0 == 0 })
        #expect(decode(blank).segment?.sequence == Sample.ipv4.sequence)
        #expect(blank[Self.afterUDP..<(start + 2)] == packet[Self.afterUDP..<(start + 2)])
    }

    @Test("have no cookie of L2TPv3", arguments: [4, 8], [false, true])
    func l2tpSession(cookie: Int, sublayer: Bool) throws {
        // RFC 3931 4.1.1: the session ID, then a cookie.
        let packet = Sample.ipv4.inside(.l2tpSession(cookie: cookie, sublayer: sublayer)).ethernet()
        let range = (Self.afterIP + 4)..<(Self.afterIP + 4 + cookie)
        #expect(packet[range].allSatisfy { $0 == 0xc5 })
        let blank = try #require(scrub(packet, .ethernet))
        #expect(blank[range].allSatisfy { $0 == 0 })
        #expect(decode(blank).segment?.sequence == Sample.ipv4.sequence)
    }

    @Test("have no attributes of NFLOG but the type of the packet", arguments: [false, true], Sample.both)
    func netfilterLog(bigEndian: Bool, sent: TCPPacket) throws {
        let packet = sent.netfilterLog(bigEndian: bigEndian)
        // Four bytes; the first attribute, of eight bytes; the header of the second, and the name of a process or rule
        // in it.
        let name = 16..<20
        #expect(Array(packet[name]) == Array("tap1".utf8))
        let blank = try #require(scrub(packet, .netfilterLog))
        #expect(blank[name].allSatisfy { $0 == 0 })
        #expect(blank[8..<10] == packet[8..<10] && blank[..<8] == packet[..<8] && blank[12..<16] == packet[12..<16])
    }

    @Test(
        "have no contents of IPv6 options, and are accepted or refused as before",
        arguments: [
            // Unknown options that are skipped, and that are not; several; short, long and nonzero padding; a cut one.
            ([0x1e, 12] + Array("Waterloo1815".utf8), [0x1e, 12] + Array(repeating: 0, count: 12)),
            ([0x5e, 4] + Array("Jena".utf8), [0x5e, 4, 0, 0, 0, 0]),
            ([0x1e, 2, 7, 7, 0, 1, 0, 0x3e, 3] + Array("Ulm".utf8), [0x1e, 2, 0, 0, 0, 1, 0, 0x3e, 3, 0, 0, 0]),
            ([1, 4, 0, 0, 0, 0], [1, 4, 0, 0, 0, 0]),
            ([1, 12] + Array(repeating: 0, count: 12), [1, 12] + Array(repeating: 0, count: 12)),
            ([1, 4] + Array("Jena".utf8), [1, 4, 1, 1, 1, 1]),
            ([0x1e, 9] + Array("Jena".utf8), [0x1e, 9, 0, 0, 0, 0]),
        ] as [([UInt8], [UInt8])])
    func destinationOptions(options: [UInt8], expected: [UInt8]) throws {
        let packet = IPv6Datagram(Sample.ipv6, extensionHeaders: [.destination(options: options)]).ethernet()
        let blank = try #require(scrub(packet, .ethernet))
        // 14 bytes of Ethernet, 40 of IPv6 and two of the header.
        #expect(Array(blank[56..<(56 + options.count)]) == expected)
        let (before, after) = (try #require(decode(packet).segment), try #require(decode(blank).segment))
        #expect(
            after.areExtensionHeadersAccepted(in: blank.span) == before.areExtensionHeadersAccepted(in: packet.span))
    }
}
