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

    /// Places in an IPv4 packet of Ethernet: 14 bytes, 20 of IP and, where the tunnel has it, 8 of UDP.
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
        // RFC 3931 4.1.1: the session's number, then a cookie.
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
        // Four bytes; the first attribute, of eight; the header of the second, and the name of a process or rule in it.
        let name = 16..<20
        #expect(Array(packet[name]) == Array("tap1".utf8))
        let blank = try #require(scrub(packet, .netfilterLog))
        #expect(blank[name].allSatisfy { $0 == 0 })
        #expect(blank[8..<10] == packet[8..<10] && blank[..<8] == packet[..<8] && blank[12..<16] == packet[12..<16])
    }
}
