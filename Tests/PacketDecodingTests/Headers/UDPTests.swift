import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("UDP")
struct UDPTests {
    private static let samples = [
        UDPPacket(payload: Array("hello, world".utf8)),
        UDPPacket(
            from: Endpoint("[2001:db8::7]:53412"), to: Endpoint("[2001:db8::9]:5000"),
            payload: Array("hello, world".utf8)),
    ]

    @Test("the ends and the payload are found in every framing", arguments: Framing.all, samples)
    func framings(framing: Framing, sent: UDPPacket) throws {
        let bytes = framing.packet(sent)
        let datagram = try #require(decode(bytes, as: framing.linkType).datagram)
        #expect(datagram.source == sent.source && datagram.destination == sent.destination)
        #expect(Array(bytes[datagram.payload]) == sent.payload && datagram.payloadLength == sent.payload.count)
    }

    @Test("padding is not payload, and a snap length cuts the payload", arguments: samples)
    func lengths(sent: UDPPacket) throws {
        let padded = sent.ethernet(trailer: [0, 0, 0, 0])
        #expect(decode(padded).datagram?.payloadLength == 12)
        for cut in 0...12 {
            let bytes = Array(sent.ethernet().dropLast(cut))
            let datagram = try #require(decode(bytes, originalLength: bytes.count + cut).datagram)
            #expect(datagram.payload.count == 12 - cut && datagram.payloadLength == 12)
        }
    }

    @Test("a cut header is truncated, and a wrong length leads to no datagram", arguments: samples)
    func broken(sent: UDPPacket) {
        let bytes = sent.ethernet()
        #expect(decode(Array(bytes.dropLast(13)), originalLength: bytes.count).outcome == .truncated)
        for length in [1, 7, 21, 65_535] as [UInt16] {
            var wrong = sent
            wrong.length = length
            #expect(decode(wrong.ethernet()).outcome == .other)
        }
    }

    @Test("a datagram is reassembled from its fragments", arguments: [8, 16])
    func fragments(size: Int) throws {
        let sent = Self.samples[0]
        let whole = IPv4Datagram(
            from: sent.source.address, to: sent.destination.address, protocolNumber: 17,
            payload: Array(sent.datagram.dropFirst(20)))
        var feed = FragmentFeed()
        var last: Decoded?
        for fragment in whole.fragments(of: size) { last = feed.receive(fragment) }
        let datagram = try #require(last?.datagram)
        #expect(last?.outcome == .reassembledUDP)
        #expect(Array(feed.decoder.datagram[datagram.payload]) == sent.payload)
        #expect(datagram.destination == sent.destination)
    }

    /// RFC 9001 A.2, RFC 9369 A.2, and lookalikes.
    static let services: [(payload: [UInt8], port: UInt16, service: UDPService)] = [
        ([0xc0, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0, 0], 443, .quic),
        ([0xc7, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0, 0], 4433, .quic),
        ([0xd3, 0x6b, 0x33, 0x43, 0xcf, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0, 0], 443, .quic),
        ([0xc3, 0xff, 0, 0, 0x1d, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08, 0, 0], 80, .quic),
        // A connection ID of 21 bytes; the fixed bit missing; another version; cut.
        ([0xc0, 0, 0, 0, 1, 21, 0x83], 5000, .other),
        ([0x83, 0, 0, 0, 1, 8, 0x83], 5000, .other),
        ([0xc0, 0xfa, 0xce, 0xb0, 2, 8, 0x83], 5000, .other),
        ([0xc0, 0, 0, 0, 1, 8], 5000, .other),
        // Tunnels: WireGuard's handshake on any port, its data on its own port; ESP and IKE behind a NAT.
        ([1, 0, 0, 0] + Array(repeating: 7, count: 144), 443, .tunnel(.wireGuard)),
        ([2, 0, 0, 0] + Array(repeating: 7, count: 88), 5000, .tunnel(.wireGuard)),
        ([2, 0, 0, 0] + Array(repeating: 7, count: 89), 5000, .other),
        ([4, 0, 0, 0] + Array(repeating: 7, count: 28), 51820, .tunnel(.wireGuard)),
        ([4, 0, 0, 0] + Array(repeating: 7, count: 28), 5000, .other),
        ([0, 0, 0x12, 0x34, 0, 0, 0, 1], 4500, .tunnel(.esp)),
        ([0, 0, 0, 0, 0, 0, 0, 1], 4500, .other),
        ([0xff], 4500, .other),
        ([0x38, 1, 2], 1194, .tunnel(.openVPN)),
        ([0x60, 0, 0, 0], 3544, .tunnel(.teredo)),
        ([0x80, 0, 0, 0], 4341, .tunnel(.lisp)), ([0x0c, 0, 0, 1], 4790, .tunnel(.vxlanGPE)),
        ([0, 1, 0x01, 0x40], 6635, .tunnel(.mplsOverUDP)), ([0, 4, 0, 0], 6080, .tunnel(.gue)),
        ([0, 0x10, 0, 0], 5247, .tunnel(.capwap)),
        // A short header.
        ([0x4c, 0xfe, 0x41, 0x89, 0x65, 0x5e, 0x5c, 0xd5], 443, .webPort),
        ([], 80, .webPort),
        ([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], 53, .other),
    ]

    @Test(
        "QUIC is recognised by its long header, and possible for other datagrams on the web's ports",
        arguments: services)
    func service(payload: [UInt8], port: UInt16, service: UDPService) throws {
        for back in [false, true] {
            let (client, server) = (Endpoint("10.0.0.7:50000"), Endpoint("10.0.0.9:\(port)"))
            let bytes = UDPPacket(from: back ? server : client, to: back ? client : server, payload: payload).ethernet()
            let datagram = try #require(decode(bytes).datagram)
            #expect(datagram.service(in: bytes.span) == service)
        }
    }
}
