import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// RFC 9293 3.10.7.4: a RST is accepted only at RCV.NXT.
@Suite("RSTs and what the ends send after them")
struct ResetTests {
    /// A session with messages of both ends and RSTs of one of them in between, `distance` bytes from where they would
    /// be accepted.
    private static func session(
        from sender: ExpectedMessage.Sender, distance: Int, hasAck: Bool, count: Int = 1, closes: Bool = true
    ) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("status", from: .client)
        talk.sendText("ok", from: .server)
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
        talk.sendText("still alive", from: .client)
        talk.sendText("answer", from: .server)
        talk.sendClose(1000, from: .client)
        talk.sendClose(1000, from: .server)
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
        "RSTs in the window, but not exactly at the next byte, end nothing, and are reported",
        arguments: [ExpectedMessage.Sender.client, .server], [1, 2, 100, 30_000])
    func near(sender: ExpectedMessage.Sender, distance: Int) throws {
        for (hasAck, count) in [(true, 1), (false, 1), (false, 3)] {
            for tracksStates in [false, true] {
                let packets = Self.session(from: sender, distance: distance, hasAck: hasAck, count: count)
                let analysis = Analysis(packets, tracksStates: tracksStates)
                #expect(analysis.texts == ["status", "ok", "still alive", "answer"])
                let reported = analysis.findings.filter { $0.rule.hasPrefix("tcp.") }
                #expect(reported.map(\.rule) == ["tcp.reset-ignored"])
                #expect(reported.first?.from == (sender == .client ? .client : .server))
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

    @Test("A RST in the window is the end if its sender sends no more", arguments: [0, 1, 100])
    func last(distance: Int) throws {
        let analysis = Analysis(Self.session(from: .server, distance: distance, hasAck: true, closes: false))
        #expect(try analysis.end.verdict.layer == .rst && analysis.end.verdict.by == .server)
        #expect(try analysis.end.tcp.resetPacket == 9)
        #expect(!analysis.rules.contains("tcp.reset-ignored"))
    }

    @Test("A RST captured before the last data of its sender, but sent after it, is the end")
    func capturedEarly() throws {
        for sender in [ExpectedMessage.Sender.client, .server] {
            var talk = TCPConversation()
            talk.openWebSocket()
            talk.sendText("last words", from: sender)
            talk.reset(from: sender)
            var packets = talk.packets
            let time = packets[5].time
            packets.swapAt(5, 6)
            (packets[6].time, packets[5].time) = (packets[5].time, time)
            let analysis = Analysis(packets)
            #expect(analysis.texts == ["last words"] && analysis.rules.isEmpty)
            #expect(try analysis.end.verdict.layer == .rst)
            #expect(try analysis.end.verdict.by == (sender == .client ? .client : .server))
        }
    }
}
