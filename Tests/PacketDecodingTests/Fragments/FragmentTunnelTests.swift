import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Fragments and tunnels")
struct FragmentTunnelTests {
    static let tunnels: [Tunnel] = [
        .vxlan(network: 7), .geneve(network: 7, options: [1, 2, 0, 0]), .gre(key: 7), .pptp(), .ip, .ethernet,
        .mpls(labels: [1, 2]),
    ]

    @Test("a tunnel's datagram may be in fragments", arguments: tunnels, FragmentTests.samples)
    func outer(tunnel: Tunnel, sent: TCPPacket) {
        for size in [8, 24, 160] {
            var feed = FragmentFeed()
            for fragment in sent.inside(tunnel).fragments(of: size).reversed() { feed.receive(fragment) }
            #expect(feed.payloads == [sent.payload])
        }
    }

    @Test("a tunnel may carry fragments", arguments: tunnels, FragmentTests.samples)
    func inner(tunnel: Tunnel, sent: TCPPacket) {
        var feed = FragmentFeed()
        for fragment in sent.fragments(of: 48).reversed() { feed.receive(fragment.inside(tunnel)) }
        #expect(feed.payloads == [sent.payload])
    }

    @Test(
        "fragments of fragments are reassembled four deep", arguments: [(4, true), (5, false)], FragmentTests.samples)
    func nested(depth: (Int, Bool), sent: TCPPacket) {
        var datagrams: [any IPDatagram] = [sent]
        for level in 0..<depth.0 {
            datagrams = datagrams.enumerated().flatMap { index, datagram in
                datagram.fragments(of: 56, identification: UInt32(index)).map {
                    $0.inside(.ip, to: IPAddress("192.0.2.\(level + 10)"))
                }
            }
        }
        var feed = FragmentFeed()
        for datagram in datagrams.reversed() { feed.receive(datagram) }
        #expect(feed.payloads == (depth.1 ? [sent.payload] : []))
    }

    @Test("fragments in tunnels of different numbers do not mix")
    func marks() {
        let first = FragmentTests.samples[0]
        var second = first
        second.payload = Array(second.payload.reversed())
        var feed = FragmentFeed()
        for (one, other) in zip(first.fragments(of: 48), second.fragments(of: 48)) {
            feed.receive(one.inside(.vxlan(network: 1)))
            feed.receive(other.inside(.vxlan(network: 2)))
        }
        #expect(feed.payloads == [first.payload, second.payload])
    }
}
