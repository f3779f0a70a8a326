import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Tunnels")
struct TunnelTests {
    private let sent = Sample.ipv4

    @Test("padding and trailers after a tunnel's content are not payload")
    func trailers() throws {
        let bytes = sent.ethernetPPPoE(trailer: Array(repeating: 0xee, count: 9))
        let segment = try #require(decode(bytes).segment)
        #expect(Array(bytes[segment.payload]) == sent.payload)

        // The inner frame padded to 60 bytes, as bridges do.
        let padded = FragmentlessFrame(sent.ethernet(trailer: [0, 0, 0, 0]))
        #expect(decode(padded.inVXLAN).segment?.payloadLength == sent.payload.count)
    }

    @Test(
        "the number of headers bounds how deep tunnels go",
        arguments: [(29, .tcp), (30, .malformed)] as [(Int, TransportPacket)]
    )
    func depth(tunnels: Int, outcome: TransportPacket) {
        let nested = (0..<tunnels).reduce(sent as any IPDatagram) { inner, _ in inner.inside(.ip) }
        #expect(decode(nested.ethernet()).outcome == outcome)
    }

    @Test(
        "the number of headers bounds MPLS labels",
        arguments: [(29, .tcp), (30, .malformed)] as [(Int, TransportPacket)])
    func labels(count: Int, outcome: TransportPacket) {
        #expect(decode(sent.ethernetMPLS(labels: Array(repeating: 16, count: count))).outcome == outcome)
    }

    @Test(
        "a tunnel of another kind, or around something else, is neither TCP nor UDP",
        arguments: [
            ("Geneve around ARP", Row.udp(6081, [0, 0, 0x08, 0x06, 0, 0, 7, 0])),
            ("GRE around ARP", Row.ip(47, [0, 0, 0x08, 0x06])),
            ("GRE, keepalive", Row.ip(47, [0, 0, 0, 0])),
            ("PPTP without a key", Row.ip(47, [0x10, 1, 0x88, 0x0b])),
            ("PPTP, acknowledgment only", Row.ip(47, [0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9])),
            ("PPTP around compressed data", Row.ip(47, [0x30, 1, 0x88, 0x0b, 0, 4, 0, 9, 0, 0, 0, 1, 0, 0xfd])),
            ("MPLS, associated channel", Row.ethernet(0x8847, [0, 0, 1, 64, 0x10, 0, 0, 0x21])),
            ("MPLS, neither IP nor Ethernet", Row.ethernet(0x8847, [0, 0, 1, 64, 0x80, 0, 0, 0x21])),
            ("PPPoE discovery", Row.ethernet(0x8863, [0x11, 0x09, 0, 0, 0, 0])),
            ("PPPoE, another code", Row.ethernet(0x8864, [0x11, 0xa7, 0, 0, 0, 0])),
            ("PPPoE around LCP", Row.ethernet(0x8864, [0x11, 0, 0, 1, 0, 4, 0xc0, 0x21])),
        ] as [(String, [UInt8])])
    func notTCP(name: String, bytes: [UInt8]) {
        #expect(decode(bytes).outcome == .other)
    }

    @Test(
        "a datagram without a tunnel is UDP",
        arguments: [
            ("UDP to another port", Row.udp(4790, [8, 0, 0, 0, 0, 0, 7, 0])),
            ("VXLAN without its flag", Row.udp(4789, [0, 0, 0, 0, 0, 0, 7, 0])),
            ("Geneve, version 1", Row.udp(6081, [0x40, 0, 0x65, 0x58, 0, 0, 7, 0])),
            ("Geneve, control", Row.udp(6081, [0, 0x80, 0x65, 0x58, 0, 0, 7, 0])),
        ] as [(String, [UInt8])])
    func plainUDP(name: String, bytes: [UInt8]) throws {
        let datagram = try #require(decode(bytes).datagram)
        #expect(datagram.payload == 42..<bytes.count)
    }

    @Test(
        "a tunnel header that contradicts the packet is malformed",
        arguments: [
            ("UDP length under its header", Row.udp(4789, length: 7, [8, 0, 0, 0, 0, 0, 7, 0])),
            ("UDP length beyond IP's", Row.udp(4789, length: 500, [8, 0, 0, 0, 0, 0, 7, 0])),
            ("Geneve options beyond the packet", Row.udp(6081, [0x3f, 0, 0x65, 0x58, 0, 0, 7, 0])),
            ("PPTP payload beyond the packet", Row.ip(47, [0x30, 1, 0x88, 0x0b, 1, 0, 0, 9, 0, 0, 0, 1])),
            ("PPPoE, version 2", Row.ethernet(0x8864, [0x21, 0, 0, 1, 0, 4])),
            ("PPPoE payload beyond the packet", Row.ethernet(0x8864, [0x11, 0, 0, 1, 2, 0])),
        ] as [(String, [UInt8])])
    func malformed(name: String, bytes: [UInt8]) {
        #expect(decode(bytes).outcome == .malformed)
    }

    @Test("UDP length 0 means the rest of IP's payload")
    func noUDPLength() {
        var bytes = sent.inside(.vxlan(network: 7)).datagram
        bytes.replaceSubrange(24..<26, with: [0, 0])
        #expect(decode(bytes, as: .raw).segment?.payloadLength == sent.payload.count)
    }

    @Test("the tunnel's number marks the segment, always in the same way")
    func marks() throws {
        func mark(_ tunnels: Tunnel...) throws -> UInt32 {
            let packet = tunnels.reduce(sent as any IPDatagram) { $0.inside($1) }.ethernet()
            return try #require(decode(packet).segment).tunnel
        }
        #expect(try mark() == 0)
        #expect(try mark(.erspan(type: 2)) == 0 && mark(.gtpUser(endpoint: 7)) == 0 && mark(.l2tpSession()) == 0)
        #expect(try mark(.ip) == 0 && mark(.gre()) == 0 && mark(.mpls(labels: [7])) == 0 && mark(.pptp()) == 0)
        #expect(try mark(.vxlan(network: 7)) == mark(.vxlan(network: 7, port: 8472)))
        #expect(try mark(.vxlan(network: 7)) == mark(.vxlan(network: 7), .ip))
        let different = try [
            mark(), mark(.vxlan(network: 0)), mark(.vxlan(network: 7)), mark(.geneve(network: 8)), mark(.gre(key: 9)),
            mark(.gre(key: .max)), mark(.vxlan(network: 7), .vxlan(network: 8)),
            mark(.vxlan(network: 8), .vxlan(network: 7)),
        ]
        // A key of all ones wraps around to 0, which no tunnel may have, so that 1 stands for it.
        #expect(Set(different).count == different.count - 1)
        #expect(!different.dropFirst().contains(0))
    }
}

/// An Ethernet frame put into VXLAN unchanged.
private struct FragmentlessFrame {
    let inVXLAN: [UInt8]

    init(_ frame: [UInt8]) {
        inVXLAN = Row.udp(4789, [8, 0, 0, 0, 0, 0, 7, 0] + frame, padding: 0)
    }
}

private enum Row {
    static func ethernet(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 2, count: 12) + type.bigEndianBytes + content + Array(repeating: 0, count: 60)
    }

    static func ip(_ number: UInt8, _ content: [UInt8], padding: Int = 60) -> [UInt8] {
        let payload = content + Array(repeating: 0, count: padding)
        return IPv4Datagram(
            from: IPAddress("10.0.0.1"), to: IPAddress("10.0.0.2"), protocolNumber: number, payload: payload
        ).ethernet()
    }

    static func udp(_ port: UInt16, length: Int? = nil, _ content: [UInt8], padding: Int = 60) -> [UInt8] {
        let length = UInt16(length ?? content.count + padding + 8)
        return ip(17, [0xc0, 0] + port.bigEndianBytes + length.bigEndianBytes + [0, 0] + content, padding: padding)
    }
}
