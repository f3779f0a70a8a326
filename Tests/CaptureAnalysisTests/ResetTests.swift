import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// RFC 9293 3.10.7.4: a RST counts only at RCV.NXT.
@Suite("RSTs and what the ends say after them")
struct ResetTests {
    /// A session with messages of both ends, and RSTs of one of them in between, `distance` bytes from where they would count.
    private static func session(
        from sender: ExpectedMessage.Sender, distance: Int, hasAck: Bool, count: Int = 1, closes: Bool = true
    ) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame.text("status", from: .client), from: .client)
        talk.send(WireFrame.text("ok", from: .server), from: .server)
        talk.acknowledge(from: .client)
        let place = talk.packets.count
        let sent =
            sender == .client
            ? 1001 + TCPConversation.upgradeRequest().utf8.count + WireFrame.text("status", from: .client).count
            : 2001 + TCPConversation.upgradeResponse().utf8.count + WireFrame.text("ok", from: .server).count
        let ends: (Endpoint, Endpoint) = (Endpoint("10.0.0.7:53412"), Endpoint("10.0.0.9:8080"))
        let reset = TCPPacket(
            from: sender == .client ? ends.0 : ends.1, to: sender == .client ? ends.1 : ends.0,
            sequence: UInt32(truncatingIfNeeded: sent + distance), acknowledgment: 0,
            flags: hasAck ? [.rst, .ack] : .rst)
        let time = talk.clock
        for _ in 0..<count { talk.wait(milliseconds: 1) }
        guard closes else {
            return talk.packets
                + (0..<count).map {
                    TimedPacket(at: Timestamp(nanoseconds: time + Int64($0) * 1_000_000), reset.ethernet())
                }
        }
        talk.send(WireFrame.text("still alive", from: .client), from: .client)
        talk.send(WireFrame.text("answer", from: .server), from: .server)
        talk.send(WireFrame.close(1000, from: .client), from: .client)
        talk.send(WireFrame.close(1000, from: .server), from: .server)
        talk.finish(first: .server)
        var packets = talk.packets
        for index in 0..<count {
            packets.insert(
                TimedPacket(at: Timestamp(nanoseconds: time + Int64(index) * 1_000_000), reset.ethernet()),
                at: place + index)
        }
        return packets
    }

    @Test(
        "RSTs in the window, but not exactly at the next byte, end nothing, and it is told",
        arguments: [ExpectedMessage.Sender.client, .server], [1, 2, 100, 30_000])
    func near(sender: ExpectedMessage.Sender, distance: Int) throws {
        for (hasAck, count) in [(true, 1), (false, 1), (false, 3)] {
            for tracksStates in [false, true] {
                let packets = Self.session(from: sender, distance: distance, hasAck: hasAck, count: count)
                let analysis = Analysis(packets, tracksStates: tracksStates)
                #expect(analysis.texts == ["status", "ok", "still alive", "answer"])
                let told = analysis.findings.filter { $0.rule.hasPrefix("tcp.") }
                #expect(told.map(\.rule) == ["tcp.reset-ignored"])
                #expect(told.first?.from == (sender == .client ? .client : .server))
                #expect(try analysis.end.verdict.layer == .closeFrame)
                #expect(try analysis.end.verdict.isClean)
                #expect(try analysis.end.tcp.resetPacket == nil)
            }
        }
    }

    @Test("RSTs out of the window end nothing either", arguments: [-1, -60, 3_000_000])
    func outside(distance: Int) throws {
        let analysis = Analysis(Self.session(from: .server, distance: distance, hasAck: true))
        #expect(analysis.texts == ["status", "ok", "still alive", "answer"])
        #expect(analysis.rules.filter { $0.hasPrefix("tcp.") } == ["tcp.out-of-window"])
        #expect(try analysis.end.verdict.layer == .closeFrame)
    }

    @Test("A RST in the window is the end if its sender says no more", arguments: [0, 1, 100])
    func last(distance: Int) throws {
        let analysis = Analysis(Self.session(from: .server, distance: distance, hasAck: true, closes: false))
        #expect(try analysis.end.verdict.layer == .rst && analysis.end.verdict.by == .server)
        #expect(try analysis.end.tcp.resetPacket == 9)
        #expect(!analysis.rules.contains("tcp.reset-ignored"))
    }

    @Test("An end that goes on after its exact RST is searched for frames: the RST was not its own")
    func exact() throws {
        var packets = Self.session(from: .server, distance: 0, hasAck: true)
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame.text("status", from: .client), from: .client)
        talk.send(WireFrame.text("ok", from: .server), from: .server)
        let before = talk.packets.count
        for number in 0..<40 {
            talk.send(WireFrame.text("the message number \(number) of them", from: .server), from: .server)
            talk.acknowledge(from: .client)
        }
        let reset = packets[8]
        packets = Array(talk.packets[..<before]) + [reset] + talk.packets[before...]
        let analysis = Analysis(packets)
        #expect(analysis.ends.count == 2)
        #expect(analysis.connections.map(\.opening) == [.handshake, .midstream])
        #expect(analysis.texts.suffix(1) == ["the message number 39 of them"])
    }
}
