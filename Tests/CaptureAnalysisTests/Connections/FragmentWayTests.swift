import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Fragmented datagrams that go to the server's link address or to others: a Linux server ignores a datagram if any
/// fragment goes to another address, or into another VLAN.
@Suite("Fragments on different paths")
struct FragmentWayTests {
    /// How a fragment is misdirected.
    enum Way: CaseIterable {
        case linkAddress, vlan, tunnel, priority

        func change(_ bytes: inout [UInt8]) {
            switch self {
            case .linkAddress: bytes[5] ^= 0x77
            case .vlan: bytes.insert(contentsOf: [0x81, 0, 0, 5], at: 12)
            case .tunnel:
                let fragment = Array(bytes[14...])
                let (source, destination) = (Endpoint("10.0.0.7:1").address, Endpoint("10.0.0.9:1").address)
                bytes = IPv4Datagram(from: source, to: destination, protocolNumber: 4, payload: fragment).ethernet()
            case .priority: bytes.insert(contentsOf: [0x81, 0, 0x60, 0], at: 12)
            }
        }
    }

    /// A session in which the client has sent "one", then a datagram with "odd" in two fragments, some of which are
    /// misdirected; then the real "two" at the same stream offset, if "odd" was not accepted; and the server's answers.
    private static func packets(_ way: Way, odd: [Bool], isTaken: Bool) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.acknowledge(from: .server)
        var packets = talk.packets
        let client =
            UInt32(1001 + TCPConversation.upgradeRequest().utf8.count)
            + UInt32(WireFrame.text("one", from: .client).count)
        let server = UInt32(2001 + TCPConversation.upgradeResponse().utf8.count)
        func add(_ bytes: [UInt8]) {
            let time = packets[packets.count - 1].time.nanoseconds + 1_000_000
            packets.append(TimedPacket(at: Timestamp(nanoseconds: time), bytes))
        }
        func answer(_ taken: Int) {
            add(
                TCPPacket(
                    from: Endpoint("10.0.0.9:8080"), to: Endpoint("10.0.0.7:53412"), sequence: server,
                    acknowledgment: client + UInt32(taken), flags: .ack
                ).ethernet())
        }
        let frame = WireFrame.text("odd bytes, odd bytes", from: .client)
        let whole = IPv4Datagram(
            TCPPacket(sequence: client, acknowledgment: server, flags: [.psh, .ack], payload: frame))
        for (fragment, isOdd) in zip(whole.fragments(of: 24), odd) {
            var bytes = fragment.ethernet()
            if isOdd { way.change(&bytes) }
            add(bytes)
        }
        answer(isTaken ? frame.count : 0)
        guard !isTaken else { return packets }
        let real = WireFrame.text("two is what is taken", from: .client)
        add(TCPPacket(sequence: client, acknowledgment: server, flags: [.psh, .ack], payload: real).ethernet())
        answer(real.count)
        return packets
    }

    @Test(
        "A datagram with a misdirected fragment gives way to what the server accepts",
        arguments: [Way.linkAddress, .vlan, .tunnel], [[false, true], [true, false], [true, true]])
    func elsewhere(way: Way, odd: [Bool]) {
        for isBatched in [true, false] {
            let analysis = Analysis(Self.packets(way, odd: odd, isTaken: false), isBatched: isBatched)
            #expect(analysis.texts == ["one", "two is what is taken"])
            #expect(analysis.rules.filter { $0.hasPrefix("tcp.") } == ["tcp.not-accepted"])
        }
    }

    @Test(
        "Fragments on several paths are one datagram if the server accepts it: a priority tag is not a path",
        arguments: Way.allCases, [[false, false], [false, true], [true, false], [true, true]])
    func joined(way: Way, odd: [Bool]) {
        let analysis = Analysis(Self.packets(way, odd: odd, isTaken: true))
        #expect(analysis.texts == ["one", "odd bytes, odd bytes"])
        #expect(!analysis.rules.contains("tcp.not-accepted"))
    }

    @Test("A datagram of fragments on the usual path is not in doubt")
    func usual() {
        for way in [Way.priority, .linkAddress] {
            let odd = way == .priority ? [false, true] : [false, false]
            let analysis = Analysis(Self.packets(way, odd: odd, isTaken: false))
            #expect(analysis.texts == ["one", "odd bytes, odd bytes"])
        }
    }
}
