import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Sessions in tunnels")
struct TunnelledSessionTests {
    private static func talk(_ text: String, initialSequence: UInt32) -> TCPConversation {
        var talk = TCPConversation(initialSequence: initialSequence)
        talk.openWebSocket()
        talk.sendText(text, from: .client)
        talk.finish(first: .client)
        return talk
    }

    /// Packets inside a VXLAN network.
    private static func inside(_ network: UInt32, _ packets: [TimedPacket]) -> [TimedPacket] {
        packets.map { packet in
            let header = [0x08, 0, 0, 0] + (network << 8).bigEndianBytes
            let length = UInt16(8 + header.count + packet.bytes.count)
            let datagram = UInt16(49_152).bigEndianBytes + UInt16(4789).bigEndianBytes + length.bigEndianBytes + [0, 0]
            let outer = IPv4Datagram(
                from: IPAddress("192.0.2.1"), to: IPAddress("192.0.2.2"), protocolNumber: 17,
                payload: datagram + header + packet.bytes)
            return TimedPacket(at: packet.time, outer.ethernet())
        }
    }

    /// Packets with a VLAN tag.
    private static func tagged(_ vlan: UInt16, _ packet: TimedPacket) -> TimedPacket {
        let bytes = packet.bytes[..<12] + [0x81, 0x00] + vlan.bigEndianBytes + packet.bytes[12...]
        return TimedPacket(at: packet.time, Array(bytes))
    }

    /// Packets of both lists in turns.
    private static func byTurns(_ one: [TimedPacket], _ other: [TimedPacket]) -> [TimedPacket] {
        zip(one, other).flatMap { [$0, $1] }
    }

    @Test("Sessions of two networks with the same addresses and ports are two")
    func networks() throws {
        let one = Self.inside(1, Self.talk("one", initialSequence: 1000).packets)
        let two = Self.inside(2, Self.talk("two", initialSequence: 3_000_000_000).packets)
        let analysis = Analysis(Self.byTurns(one, two))
        #expect(analysis.texts == ["one", "two"])
        #expect(analysis.connections.count == 2)
        #expect(analysis.rules == [])
        #expect(try analysis.summary.tcpConnections == 2)
    }

    @Test("A session captured inside a tunnel and outside it is one")
    func insideAndOutside() throws {
        let packets = Self.talk("one", initialSequence: 1000).packets
        for both in [Self.byTurns(packets, Self.inside(7, packets)), Self.byTurns(Self.inside(7, packets), packets)] {
            let analysis = Analysis(both)
            #expect(analysis.texts == ["one"])
            #expect(try analysis.summary.tcpConnections == 1)
        }
    }

    @Test("A session that moves from one tunnel into another is one")
    func routed() throws {
        let packets = Self.talk("one", initialSequence: 1000).packets
        let analysis = Analysis(Self.byTurns(Self.inside(7, packets), Self.inside(8, packets)))
        #expect(analysis.texts == ["one"])
        #expect(try analysis.summary.tcpConnections == 1)
    }

    @Test("A session whose directions have VLANs of their own is one")
    func vlans() throws {
        let packets = Self.talk("one", initialSequence: 1000).packets
        let tagged = packets.map { Self.tagged($0.bytes[26..<30] == [10, 0, 0, 7] ? 10 : 20, $0) }
        let analysis = Analysis(tagged)
        #expect(analysis.texts == ["one"])
        #expect(try analysis.summary.tcpConnections == 1)
    }
}
