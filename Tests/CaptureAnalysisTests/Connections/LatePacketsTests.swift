import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Verdicts when packets of one end are captured late, or the clock runs backwards.
///
/// The expected answer follows from how the session is built.
@Suite("A verdict with packets captured late")
struct LatePacketsTests {
    /// The packets, with those of one end captured later.
    private static func delay(
        _ packets: [TimedPacket], of sender: ExpectedMessage.Sender, milliseconds: Int64
    ) -> [TimedPacket] {
        let late = packets.map { packet in
            var packet = packet
            if packet.isFromClient == (sender == .client) {
                packet.time = Timestamp(nanoseconds: packet.time.nanoseconds + milliseconds * 1_000_000 + 500_000)
            }
            return packet
        }
        return late.sorted { $0.time < $1.time }
    }

    @Test(
        "Who closed first is known after other requests, although one end was captured late",
        arguments: [ExpectedMessage.Sender.client, .server], [1, 3, 8])
    func behindRequests(late: ExpectedMessage.Sender, milliseconds: Int64) throws {
        var talk = TCPConversation()
        talk.open()
        for _ in 0..<3 {
            talk.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", from: .server)
        }
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        for text in ["", "one", "two", "three"] {
            talk.sendText(text, from: .client)
            talk.sendText(text, from: .server)
        }
        talk.sendClose(1003, from: .client)
        talk.sendClose(1003, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(Self.delay(talk.packets, of: late, milliseconds: milliseconds))
        let whole = Analysis(talk)
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .client && verdict.isClean)
        let places = analysis.frames.filter { $0.from == .client }.map(\.frame.streamOffset)
        #expect(places == whole.frames.filter { $0.from == .client }.map(\.frame.streamOffset))
        #expect(!analysis.rules.contains("handshake.early-frames"))
    }

    @Test(
        "A Pong answers a Ping that was captured later if it acknowledges it",
        arguments: [ExpectedMessage.Sender.client, .server], [1, 8, 20, 200])
    func pongFirst(late: ExpectedMessage.Sender, milliseconds: Int64) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<3 {
            talk.sendPing("\(number)", from: late)
            talk.sendPong("\(number)", from: late.peer)
            talk.wait(milliseconds: 3000)
        }
        talk.finish(first: .client)
        let analysis = Analysis(Self.delay(talk.packets, of: late, milliseconds: milliseconds))
        #expect(analysis.frames.count == 6)
        #expect(try analysis.end.verdict.unansweredPings == 0 && analysis.end.verdict.uncertainPings == 0)
        #expect(!analysis.rules.contains { $0.hasPrefix("pong.") || $0.hasPrefix("ping.") })
        #expect(analysis.frames.allSatisfy { $0.answer?.roundTrip ?? 0 >= 0 })
    }

    @Test("A Pong does not answer a later Ping with its payload unless it acknowledges it")
    func pongBefore() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("first", from: .server)
        talk.sendPong("k", from: .client)
        talk.wait(milliseconds: 3000)
        talk.sendPing("k", from: .server)
        talk.acknowledge(from: .client)
        talk.wait(milliseconds: 3000)
        talk.finish(first: .client)
        let analysis = Analysis(Self.delay(talk.packets, of: .server, milliseconds: 20))
        #expect(analysis.frames.count == 3)
        #expect(try analysis.end.verdict.unansweredPings == 1)
    }

    @Test(
        "A SYN ACK that was captured late opens no other connection if the capture lacks its SYN",
        arguments: [1, 20, 100])
    func answerWithoutSYN(milliseconds: Int64) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hello", from: .client)
        talk.wait(milliseconds: 3000)
        talk.sendClose(1012, from: .server)
        talk.sendClose(1012, from: .client)
        talk.finish(first: .server)
        let packets = Array(talk.packets.dropFirst())
        let analysis = Analysis(Self.delay(packets, of: .server, milliseconds: milliseconds))
        #expect(try analysis.summary.tcpConnections == 1)
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .server && verdict.isClean && verdict.serverEvent?.code.rawValue == 1012)
        #expect(analysis.texts == ["hello"] && analysis.rules.allSatisfy { $0 == "masking.repeated-key" })
    }

    @Test(
        "A SYN that was captured late, after the 101, begins its stream if the capture lacks the SYN ACK",
        arguments: [1, 5, 20, 100], [[], ["one"], ["one", "two", "three"]])
    func openingAfterAnswer(milliseconds: Int64, texts: [String]) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for text in texts { talk.sendText(text, from: .server) }
        talk.sendText("hello", from: .client)
        talk.wait(milliseconds: 3000)
        talk.sendClose(4000, from: .client)
        talk.sendClose(4000, from: .server)
        talk.finish(first: .server)
        var packets = talk.packets
        packets.remove(at: 1)
        let analysis = Analysis(Self.delay(packets, of: .client, milliseconds: milliseconds))
        #expect(Set(analysis.texts) == Set(texts + ["hello"]) && analysis.texts.count == texts.count + 1)
        #expect(try analysis.end.verdict.by == .client && analysis.end.verdict.isClean)
        #expect(analysis.rules.allSatisfy { $0 == "masking.repeated-key" } && analysis.gaps.isEmpty)
    }

    @Test(
        "Which Close frame answers the other is known though one end was captured late and the 101 not at all",
        arguments: ExpectedMessage.Sender.allCases)
    func closesWithoutAnswer(first: ExpectedMessage.Sender) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.lose(TCPConversation.upgradeResponse().utf8.count, from: .server)
        talk.acknowledge(from: .client)
        for number in 0..<4 {
            talk.sendText("number \(number) of four of the client", from: .client)
            talk.sendText("number \(number) of four of the server", from: .server)
        }
        talk.wait(milliseconds: 3000)
        talk.sendClose(4000, from: first)
        talk.sendClose(4000, from: first.peer)
        talk.finish(first: .server)
        for milliseconds in [0, 20, 100] as [Int64] {
            let analysis = Analysis(Self.delay(talk.packets, of: first, milliseconds: milliseconds))
            let verdict = try analysis.end.verdict
            #expect(analysis.frames.filter { $0.frame.header.opcode == .close }.count == 2)
            #expect(verdict.by == (first == .client ? .client : .server) && verdict.isClean)
        }
    }

    @Test(
        "Bytes captured after the acknowledgment of both FINs come before them, for two seconds",
        arguments: ExpectedMessage.Sender.allCases, [0, 900, 1900, 2100])
    func afterFins(first: ExpectedMessage.Sender, milliseconds: Int64) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hello", from: .client)
        talk.sendText("welcome", from: .server)
        talk.wait(milliseconds: 3000)
        talk.sendClose(4000, "bye", from: first)
        talk.sendClose(4000, from: first.peer)
        talk.finish(first: first)
        let whole = Analysis(talk)
        let expected = try whole.end
        #expect(expected.verdict.by == (first == .client ? .client : .server) && expected.verdict.isClean)
        let last = talk.packets.count - 1
        // The server's text, and both Close frames.
        for index in [6, 7, 8] {
            var packets = talk.packets
            var late = packets.remove(at: index)
            late.time = Timestamp(nanoseconds: talk.packets[last].time.nanoseconds + milliseconds * 1_000_000 + 500_000)
            // Packets of other connections make no difference.
            for others in [[], Self.others(at: late.time)] {
                let analysis = Analysis(packets + others + [late])
                #expect(analysis.ends.count == 1)
                let end = try analysis.end
                let isInTime = milliseconds < 2000
                #expect(analysis.gaps.isEmpty == isInTime)
                #expect(analysis.texts == (isInTime || index != 6 ? ["hello", "welcome"] : ["hello"]))
                #expect(try #require(end.clientReadyStates.last).elapsed == 3_011_000_000)
                guard isInTime else { continue }
                #expect(end.verdict.by == expected.verdict.by && end.verdict.isClean)
                #expect(end.verdict.clientEvent == expected.verdict.clientEvent)
                #expect(end.verdict.serverEvent == expected.verdict.serverEvent)
                // The session is whole with the late packet; the acknowledgment before it was the end.
                #expect(analysis.endPackets == [UInt64(packets.count + others.count + 1)])
                #expect(end.origin?.packet == UInt64(last))
            }
        }
    }

    /// Segments of connections in all shards.
    private static func others(at time: Timestamp) -> [TimedPacket] {
        (0..<64).flatMap { number in
            var talk = TCPConversation(from: "10.0.1.1:\(40_000 + number)", at: time.nanoseconds / 1_000_000_000)
            talk.open()
            talk.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
            return talk.packets.map { packet in
                var packet = packet
                packet.time = Timestamp(nanoseconds: time.nanoseconds - 1000)
                return packet
            }
        }
    }

    @Test(
        "Bytes captured after a RST of their sender, which acknowledged bytes precede, are none that follow it",
        arguments: ExpectedMessage.Sender.allCases)
    func beforeReset(sender: ExpectedMessage.Sender) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hello", from: .client)
        talk.acknowledge(from: .server)
        talk.wait(milliseconds: 3000)
        talk.sendClose(1001, "bye", from: sender)
        talk.acknowledge(from: sender.peer)
        talk.reset(from: sender)
        var packets = talk.packets
        var late = packets.remove(at: packets.count - 3)
        late.time = talk.packets[talk.packets.count - 1].time
        packets.append(late)
        let analysis = Analysis(packets)
        let whole = try Analysis(talk).end.verdict
        #expect(!analysis.rules.contains("tcp.data-after-reset"))
        #expect(try analysis.end.verdict.by == whole.by && analysis.end.verdict.code == whole.code)
    }

    @Test("A Ping is not counted as unanswered whose Pong may be among the missing bytes after a missing request")
    func pongMissing() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendPing("there?", from: .server)
        talk.acknowledge(from: .client)
        talk.lose(WireFrame.pong("there?", from: .client).count, from: .client)
        talk.wait(milliseconds: 3000)
        talk.sendClose(1012, from: .client)
        talk.sendClose(1012, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(Array(talk.packets.dropFirst(4)))
        #expect(analysis.handshakes.first?.requestPacket == 0 && analysis.frames.count == 3)
        let verdict = try analysis.end.verdict
        #expect(verdict.unansweredPings == 0 && verdict.uncertainPings == 1)
    }

    @Test("A session is found although a PROXY protocol head was captured after the 101")
    func proxyLate() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send("PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n", from: .client)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("hello", from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(Self.delay(talk.packets, of: .client, milliseconds: 4))
        #expect(analysis.texts == ["hello"])
        #expect(analysis.connections.first?.proxied?.version == 1)
    }

    @Test("Who failed the connection is known even if the offending frame was captured after the Close frame")
    func failedOverLate() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame.text("masked", from: .client), from: .server)
        talk.sendClose(1002, from: .client)
        talk.finish(first: .client)
        for milliseconds in [0, 1, 4] as [Int64] {
            let analysis = Analysis(Self.delay(talk.packets, of: .server, milliseconds: milliseconds))
            let verdict = try analysis.end.verdict
            #expect(verdict.failure?.by == .client && verdict.failure?.rule?.id == "masking.server-masked")
            #expect(verdict.messageSilence != nil)
        }
    }

    @Test("Who failed the connection because of the upgrade is known, whatever the clock or capture order")
    func failedOverUpgrade() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse().replacing("xOo=", with: "xOp="), from: .server)
        talk.finish(first: .client)
        var backwards = talk.packets
        for index in 4..<backwards.count {
            backwards[index].time = Timestamp(nanoseconds: backwards[index].time.nanoseconds - 1_000_000_000)
        }
        var later = talk.packets
        for index in 5..<later.count {
            later[index].time = Timestamp(nanoseconds: later[index].time.nanoseconds - 1_000_000_000)
        }
        let late = Self.delay(talk.packets, of: .server, milliseconds: 4)
        for packets in [talk.packets, backwards, later, late] {
            let analysis = Analysis(packets)
            let verdict = try analysis.end.verdict
            #expect(verdict.by == .client && verdict.layer == .fin)
            #expect(verdict.failure?.by == .client && verdict.failure?.rule?.id == "handshake.accept-wrong")
            #expect(analysis.handshakes.allSatisfy { $0.responseTime ?? 0 >= 0 })
            #expect(analysis.connections.allSatisfy { $0.tcp.connectTime ?? 0 >= 0 })
        }
    }
}

extension TimedPacket {
    /// Whether the packet comes from the client's port, 53412.
    fileprivate var isFromClient: Bool { bytes[34] == 0xd0 && bytes[35] == 0xa4 }
}
