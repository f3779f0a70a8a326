import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("Pings and Pongs")
struct PingTests {
    /// The analysis of a session with these frames, each in a packet of its own, which ends this many milliseconds
    /// after them.
    private func analysis(
        _ frames: [(ExpectedMessage.Sender, [UInt8])], limits: Limits = Limits(), endingAfter wait: Int64? = nil
    ) -> Analysis {
        var talk = TCPConversation()
        talk.openWebSocket()
        for (sender, bytes) in frames { talk.send(bytes, from: sender) }
        if let wait {
            talk.wait(milliseconds: wait)
            talk.finish(first: .client)
        }
        return Analysis(talk.packets, limits: limits)
    }

    private func ping(_ text: String, from sender: ExpectedMessage.Sender = .server) -> (
        ExpectedMessage.Sender, [UInt8]
    ) {
        (sender, WireFrame.ping(text, from: sender))
    }

    private func pong(_ text: String, from sender: ExpectedMessage.Sender = .client) -> (
        ExpectedMessage.Sender, [UInt8]
    ) {
        (sender, WireFrame.pong(text, from: sender))
    }

    @Test("Pongs that are decoded late answer the Pings before them, and a Ping that is decoded late is answered once")
    func lateDecoding() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        func keyed(_ opcode: UInt8, _ text: String, _ number: Int) -> [UInt8] {
            var frame = WireFrame(opcode, Array(text.utf8), from: .client)
            frame.maskingKey = (UInt32(number + 1) &* 0x9e37_79b9).bigEndianBytes
            return frame.bytes
        }
        talk.sendText("before", from: .client)
        talk.acknowledge(from: .server)
        talk.lose(40, from: .client)
        // All of the client's frames wait for the hole before them.
        for round in 0..<2 {
            talk.send(keyed(1, "message \(round * 104_729) of the client", 10 * round), from: .client)
            talk.send(keyed(9, "", 10 * round + 1), from: .client)
            talk.wait(milliseconds: 3)
            talk.sendPong("", from: .server)
            talk.wait(milliseconds: 100)
            talk.sendPing("", from: .server)
            talk.wait(milliseconds: 3)
            talk.send(keyed(10, "", 10 * round + 2), from: .client)
            talk.wait(milliseconds: 100)
        }
        talk.wait(milliseconds: 1000)
        talk.sendPing("", from: .server)
        talk.wait(milliseconds: 3)
        talk.send(keyed(10, "", 30), from: .client)
        talk.acknowledge(from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        let pongs = analysis.frames.filter { $0.frame.header.opcode == .pong }
        // Each Pong comes 4 ms after its Ping.
        #expect(pongs.count == 5)
        #expect(pongs.allSatisfy { $0.answer?.roundTrip == 4_000_000 })
        #expect(analysis.rules.allSatisfy { $0 == "tcp.gap" })
        #expect(try analysis.end.verdict.unansweredPings == 0)
    }

    @Test("One Pong may answer all Pings before it that have its payload (RFC 6455 5.5.3)")
    func same() throws {
        let before = analysis([ping("a"), ping("a"), ping("a"), pong("a")], endingAfter: 5000)
        #expect(try before.end.verdict.unansweredPings == 0)
        let after = analysis([ping("a"), ping("a"), pong("a"), ping("a")], endingAfter: 5000)
        #expect(try after.end.verdict.unansweredPings == 1)
    }

    @Test("Pings and Pongs belong together when the payload is the same")
    func together() throws {
        let analysis = analysis([ping("a"), pong("a")])
        #expect(analysis.frames.map(\.answer?.pingPacket) == [nil, 6])
        let roundTrips = try #require(analysis.end.pingRoundTrip)
        #expect(roundTrips.count == 1 && roundTrips.min == 1_000_000 && roundTrips.p99 == 1_000_000)
        #expect(try analysis.end.verdict.unansweredPings == 0)
    }

    @Test("Pings and Pongs are matched one by one when several are in flight")
    func several() throws {
        let analysis = analysis([ping("a"), ping("b"), ping("c"), pong("a"), pong("b"), pong("c")])
        #expect(analysis.frames.compactMap(\.answer?.pingPacket) == [6, 7, 8])
        #expect(analysis.frames.compactMap(\.answer?.roundTrip) == [3_000_000, 3_000_000, 3_000_000])
    }

    @Test("Pings and Pongs are matched in order when their payloads are the same")
    func samePayload() throws {
        let analysis = analysis([ping(""), ping(""), pong(""), pong("")])
        #expect(analysis.frames.compactMap(\.answer?.pingPacket) == [6, 7])
    }

    @Test("Pings count as answered by a Pong to a later one (RFC 6455 5.5.3)")
    func latestOnly() throws {
        let analysis = analysis([ping("a"), ping("b"), pong("b"), pong("a")])
        #expect(analysis.frames.compactMap(\.answer?.pingPacket) == [7, 6])
        #expect(try analysis.end.verdict.unansweredPings == 0)
    }

    @Test("Skipped Pings may be answered later, and do not count as unanswered")
    func outOfOrder() throws {
        let analysis = analysis([ping("a"), ping("b"), ping("c"), pong("c"), pong("a"), pong("b"), pong("c")])
        #expect(analysis.frames.compactMap(\.answer?.pingPacket) == [8, 6, 7])
        #expect(analysis.frames.compactMap(\.answer?.roundTrip) == [1_000_000, 4_000_000, 4_000_000])
        #expect(try analysis.end.verdict.unansweredPings == 0)
    }

    @Test(
        "Pings that are alike do not seem to be one late after one was left out", arguments: [2000, 30_000] as [Int64])
    func leftOut(interval: Int64) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for round in 0..<5 {
            talk.sendPing("", from: .server)
            if round != 1 { talk.sendPong("", from: .client) }
            talk.wait(milliseconds: interval)
        }
        let analysis = Analysis(talk.packets)
        #expect(analysis.frames.compactMap(\.answer?.roundTrip) == [1_000_000, 1_000_000, 1_000_000, 1_000_000])
        #expect(try analysis.end.verdict.unansweredPings == 0)
    }

    @Test("Pings that are alike and answered all at once are all answered")
    func stalled() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for _ in 0..<3 {
            talk.sendPing("", from: .server)
            talk.wait(milliseconds: 10_000)
        }
        for _ in 0..<3 { talk.sendPong("", from: .client) }
        let analysis = Analysis(talk.packets)
        #expect(Set(analysis.frames.compactMap(\.answer?.pingPacket)) == [6, 7, 8])
        #expect(try analysis.end.verdict.unansweredPings == 0)
    }

    @Test("Unsolicited Pongs answer nothing")
    func unsolicited() throws {
        let frames = [pong("heartbeat"), ping("a"), pong("heartbeat"), pong("a", from: .server)]
        let analysis = analysis(frames, endingAfter: 2000)
        #expect(analysis.frames.allSatisfy { $0.answer == nil })
        #expect(try analysis.end.verdict.unansweredPings == 1)
        #expect(try analysis.end.pingRoundTrip == nil)
    }

    @Test(
        "Pings are answered also if the capture has the Pongs just before them", arguments: [20, 900, 9900] as [Int64])
    func pongFirst(microseconds: Int64) throws {
        for sender in ExpectedMessage.Sender.allCases {
            var talk = TCPConversation()
            talk.openWebSocket()
            talk.sendText("a", from: sender)
            talk.sendText("b", from: sender.peer)
            var places: [Int] = []
            for round in 0..<5 {
                talk.wait(milliseconds: 20_000)
                talk.sendPing("\(round)", from: sender)
                talk.wait(milliseconds: 10)
                talk.sendPong("\(round)", from: sender.peer)
                places.append(talk.packets.count - 2)
            }
            talk.wait(milliseconds: 3000)
            talk.sendText("c", from: sender)
            talk.finish(first: sender)
            var packets = talk.packets
            for place in places {
                packets.swapAt(place, place + 1)
                packets[place + 1].time = Timestamp(nanoseconds: packets[place].time.nanoseconds + microseconds * 1000)
            }
            let analysis = Analysis(packets)
            #expect(analysis.texts == ["a", "b", "c"])
            #expect(try analysis.end.verdict.unansweredPings == 0)
            #expect(!analysis.rules.contains("pong.unsolicited") && !analysis.rules.contains("ping.unanswered"))
        }
    }

    @Test("Pings that came too late to be answered are not counted as unanswered", arguments: [(900, 0), (1100, 1)])
    func patience(wait: Int64, unanswered: UInt64) throws {
        #expect(try analysis([ping("a")], endingAfter: wait).end.verdict.unansweredPings == unanswered)
    }

    @Test("Pings and Pongs go both ways at once")
    func bothWays() throws {
        let analysis = analysis([
            ping("x", from: .client), ping("x", from: .server), pong("x", from: .client), pong("x", from: .server),
        ])
        #expect(analysis.frames.map(\.answer?.pingPacket) == [nil, nil, 7, 6])
    }

    @Test("Pings without an answer are counted, also those that were forgotten")
    func unanswered() throws {
        var limits = Limits()
        limits.outstandingPings = 3
        let analysis = analysis((1...5).map { ping("\($0)") } + [pong("4")], limits: limits, endingAfter: 2000)
        #expect(analysis.frames.compactMap(\.answer?.pingPacket) == [9])
        // Pings 1 and 2 were forgotten, 3 was skipped, 5 waits.
        #expect(try analysis.end.verdict.unansweredPings == 3)
    }

    @Test("Pings have round trips whose order statistics are those of a sorted list")
    func statistics() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for wait in 0..<200 as Range<Int64> {
            talk.sendPing("\(wait)", from: .server)
            talk.wait(milliseconds: (wait * 37) % 200)
            talk.sendPong("\(wait)", from: .client)
        }
        let roundTrips = try #require(try Analysis(talk).end.pingRoundTrip)
        #expect(roundTrips.count == 200 && roundTrips.min == 1_000_000 && roundTrips.max == 200_000_000)
        // Two significant digits.
        #expect(abs(roundTrips.p50 - 100_000_000) <= 1_000_000)
        #expect(abs(roundTrips.p90 - 180_000_000) <= 1_800_000)
        #expect(abs(roundTrips.p99 - 198_000_000) <= 2_000_000)
    }

    /// The server's frames after a hole, one of which is the Ping, and when the Pong comes among them.
    @Test(
        "A Pong has its round trip though the Ping is found behind a hole only later",
        arguments: [(0, 1), (0, 3), (1, 2), (2, 3), (2, 6)])
    func behindHole(place: Int, pongPlace: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("before", from: .server)
        talk.acknowledge(from: .client)
        talk.lose(28, from: .server)
        talk.acknowledge(from: .client)
        var pingTime: Int64 = 0
        var roundTrip: Int64 = 0
        for index in 0..<9 {
            if index == place {
                pingTime = talk.clock
                talk.sendPing("k1", from: .server)
            } else {
                talk.sendText(#"{"b":\#(index),"text":"after the lost one"}"#, from: .server)
            }
            talk.acknowledge(from: .client)
            if index + 1 == pongPlace {
                roundTrip = talk.clock - pingTime
                talk.sendPong("k1", from: .client)
                talk.acknowledge(from: .server)
            }
            talk.wait(milliseconds: 1000)
        }
        talk.sendClose(1000, from: .client)
        talk.sendClose(1000, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets)
        let pong = try #require(analysis.frames.first { $0.frame.header.opcode == .pong })
        #expect(pong.answer?.roundTrip == roundTrip)
        #expect(analysis.frames.contains { $0.frame.header.opcode == .ping })
        let end = try analysis.end
        #expect(end.verdict.unansweredPings == 0)
        #expect(end.pingRoundTrip?.count == 1 && end.pingRoundTrip?.min == roundTrip)
        #expect(!analysis.rules.contains("pong.unsolicited"))
    }

    /// Pings of the server every ten seconds, all but the last two answered; the client's segments that the capture
    /// lacks; then how many count as unanswered, and for how many that is unknown.
    @Test(
        "Pings are not called unanswered if the capture lacks what may have been the Pong",
        arguments: [([], 2, 0), ([3], 2, 0), ([6], 1, 1), ([7], 0, 2), ([6, 7], 0, 2), ([3, 7], 0, 2)]
            as [([Int], UInt64, UInt64)])
    func hidden(lost: [Int], unanswered: UInt64, uncertain: UInt64) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        var skipped: Set<Int> = []
        for number in 0..<8 {
            talk.sendPing("ping \(number)", from: .server)
            if lost.contains(number) { skipped.insert(talk.packets.count) }
            // Other bytes take the place of the last two Pongs.
            let answer =
                number < 6
                ? WireFrame.pong("ping \(number)", from: .client) : WireFrame.text("\(number)", from: .client)
            talk.send(answer, from: .client)
            for part in 0..<4 {
                talk.sendText("client \(number) says \(part)", from: .client)
            }
            talk.acknowledge(from: .server)
            talk.wait(milliseconds: 10_000)
        }
        talk.finish(first: .client)
        let analysis = Analysis(talk.packets.enumerated().filter { !skipped.contains($0.offset) }.map(\.element))
        let verdict = try analysis.end.verdict
        #expect(verdict.unansweredPings == unanswered && verdict.uncertainPings == uncertain)
        #expect(analysis.texts.count == 32 + 2 - lost.count { $0 > 5 })
    }
}
