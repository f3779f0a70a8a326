import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Doubtful segments")
struct DoubtfulSegmentTests {
    /// A session in which the client has sent "one", the sequence number of its next byte, and the server's.
    private static func session() -> (talk: TCPConversation, client: UInt32, server: UInt32) {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.acknowledge(from: .server)
        let sent = TCPConversation.upgradeRequest().utf8.count + WireFrame.text("one", from: .client).count
        let answered = TCPConversation.upgradeResponse().utf8.count
        return (talk, 1001 + UInt32(sent), 2001 + UInt32(answered))
    }

    /// A packet of the client outside the conversation.
    private static func stray(
        _ flags: TCPFlags, _ sequence: UInt32, acknowledgment: UInt32, at clock: Int64, _ payload: [UInt8] = []
    ) -> TimedPacket {
        let packet = TCPPacket(sequence: sequence, acknowledgment: acknowledgment, flags: flags, payload: payload)
        return TimedPacket(at: Timestamp(nanoseconds: clock), packet.ethernet())
    }

    @Test("Segments that differ from an earlier copy are reported once for each stream; the first copy counts")
    func conflict() throws {
        let (talk, client, server) = DoubtfulSegmentTests.session()
        let length = UInt32(WireFrame.text("one", from: .client).count)
        let forged = DoubtfulSegmentTests.stray(
            [.psh, .ack], client - length, acknowledgment: server, at: talk.clock,
            WireFrame.text("two", from: .client))
        let analysis = Analysis(talk.packets + [forged, forged])
        #expect(analysis.texts == ["one"])
        #expect(analysis.rules == ["tcp.overlap-conflict"])
        #expect(try analysis.summary.warnings == 1)
    }

    @Test("Segments that differ before the session are reported when it ends")
    func conflictInUpgrade() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        let forged = DoubtfulSegmentTests.stray(
            [.psh, .ack], 1001, acknowledgment: 2001, at: talk.clock,
            Array(TCPConversation.upgradeRequest("/evil").utf8.prefix(TCPConversation.upgradeRequest().utf8.count)))
        let request = talk.packets
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(request + [forged] + talk.packets[request.count...])
        #expect(analysis.rules == ["tcp.overlap-conflict"])
        #expect(analysis.handshakes.count == 1)
    }

    @Test(
        "Segments outside the window are ignored, and reported once",
        arguments: [TCPFlags.rst, [.fin, .ack], [.psh, .ack], .syn])
    func outOfWindow(flags: TCPFlags) throws {
        let (opened, client, server) = DoubtfulSegmentTests.session()
        let stray = DoubtfulSegmentTests.stray(
            flags, client + 10_000_000, acknowledgment: server, at: opened.clock, flags.contains(.psh) ? [1] : [])
        var talk = opened
        talk.sendText("two", from: .client)
        talk.finish(first: .client)
        let packets = opened.packets + [stray, stray] + talk.packets[opened.packets.count...]
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "two"])
        #expect(analysis.rules.filter { $0.hasPrefix("tcp.") } == ["tcp.out-of-window"])
        #expect(try analysis.end.verdict.layer == .fin)
        #expect(try analysis.end.tcp.resetPacket == nil)
        #expect(try analysis.summary.tcpConnections == 1)
    }

    @Test(
        "Segments with too few hops left are ignored, and reported once", arguments: [TCPFlags.rst, [.psh, .ack]],
        [5, 32] as [UInt8])
    func shortHopLimit(flags: TCPFlags, hopLimit: UInt8) throws {
        let (opened, client, server) = DoubtfulSegmentTests.session()
        var stray = DoubtfulSegmentTests.stray(
            flags, client, acknowledgment: server, at: opened.clock,
            flags.contains(.psh) ? WireFrame.text("bad", from: .client) : [])
        stray.setHopLimit(hopLimit)
        var talk = opened
        for text in ["two", "three"] {
            talk.sendText(text, from: .client)
            talk.acknowledge(from: .server)
        }
        talk.finish(first: .client)
        let packets = opened.packets + [stray] + talk.packets[opened.packets.count...]
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "two", "three"])
        #expect(analysis.rules.filter { $0.hasPrefix("tcp.") } == ["tcp.ttl-short"])
        #expect(try analysis.end.verdict.layer == .fin)
        #expect(try analysis.end.tcp.resetPacket == nil)
    }

    @Test("Segments whose route has changed are believed, even one with an upgrade", arguments: 1...6)
    func route(packet: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.sendText("two", from: .server)
        talk.sendText("three", from: .client)
        talk.acknowledge(from: .server)
        talk.finish(first: .client)
        var packets = talk.packets
        for index in packets.indices[packet...] { packets[index].setHopLimit(21) }
        let analysis = Analysis(packets)
        #expect(Set(analysis.texts) == ["one", "two", "three"] && analysis.texts.count == 3)
        #expect(!analysis.rules.contains { $0.hasPrefix("tcp.") })
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
        #expect(try analysis.end.verdict.layer == .fin)
    }

    @Test("A SYN on reused ports begins another session")
    func portsUsedAgain() throws {
        let (first, _, _) = DoubtfulSegmentTests.session()
        var second = TCPConversation(at: 1_700_000_001, initialSequence: 7_000_000)
        second.openWebSocket()
        second.sendText("two", from: .client)
        second.finish(first: .client)
        let analysis = Analysis(first.packets + second.packets)
        #expect(analysis.texts == ["one", "two"])
        #expect(analysis.connections.map(\.tcp.syn?.packet) == [1, 8])
        #expect(analysis.ends.count == 2)
    }
}

extension TimedPacket {
    /// Changes the time to live of an IPv4 packet in an Ethernet frame, and corrects the header's checksum (RFC 1624).
    fileprivate mutating func setHopLimit(_ hopLimit: UInt8) {
        bytes[14 + 8] = hopLimit
        bytes.replaceSubrange(24..<26, with: [0, 0])
        bytes.replaceSubrange(24..<26, with: internetChecksum(Array(bytes[14..<34])).bigEndianBytes)
    }
}
