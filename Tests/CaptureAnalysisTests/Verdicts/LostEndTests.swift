import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// The last packets of a session are missing, and the remaining ones acknowledge or follow uncaptured bytes.
@Suite("A verdict when only the ends' last segments show that bytes are missing")
struct LostEndTests {
    /// A session that the client closes and the server answers.
    ///
    /// - Parameters:
    ///   - lost: The packets of the end that the capture lacks, including the client's Close frame.
    ///   - hasServerFin: Whether the capture has the server's FIN.
    /// - Returns: The packets.
    private static func closed(_ lost: Set<Int>, hasServerFin: Bool) -> TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("a question", from: .client)
        talk.sendText("its answer", from: .server)
        talk.acknowledge(from: .client)
        let close = (WireFrame.close(1000, from: .client), WireFrame.close(1000, from: .server))
        if lost.contains(0) { talk.lose(close.0.count, from: .client) } else { talk.send(close.0, from: .client) }
        if lost.contains(1) { talk.lose(close.1.count, from: .server) } else { talk.send(close.1, from: .server) }
        talk.finish(from: .client)
        if hasServerFin { talk.finish(from: .server) }
        talk.acknowledge(from: hasServerFin ? .client : .server)
        return talk
    }

    @Test(
        "A FIN that its receiver acknowledges shows that what it acknowledges was sent",
        arguments: [[1], [0, 1]] as [Set<Int>], [false, true])
    func finAcknowledges(lost: Set<Int>, hasServerFin: Bool) throws {
        let analysis = Analysis(Self.closed(lost, hasServerFin: hasServerFin))
        let verdict = try analysis.end.verdict
        // The client's application got 1000, in a lost packet.
        #expect(verdict.clientEvent == nil)
        #expect(verdict.by == (lost.contains(0) ? .unknown : .client))
        #expect(analysis.gaps.contains { $0.from == .server && $0.length == 4 })
    }

    @Test("So does a segment whose sender's bytes before it are missing: a Pong may be in the gap")
    func dataAcknowledges() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendPing("", from: .client)
        talk.acknowledge(from: .server)
        talk.lose(WireFrame.pong("", from: .server).count, from: .server)
        talk.lose(120, from: .client)
        for number in 0..<4 {
            talk.sendText("number \(number) of four", from: .client)
            talk.acknowledge(from: .server)
            talk.wait(milliseconds: 700)
        }
        // The capture ends before it is clear that the bytes are missing.
        let analysis = Analysis(Array(talk.packets.prefix(10)))
        #expect(try analysis.end.verdict.unansweredPings == 0)
        #expect(!analysis.rules.contains("ping.unanswered"))
    }

    @Test("A RST ahead of the last byte seen leaves open what came before it", arguments: [0, 4, 20])
    func resetAhead(lost: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("a question", from: .client)
        talk.sendText("its answer", from: .server)
        talk.acknowledge(from: .client)
        talk.lose(lost, from: .server)
        talk.reset(from: .server)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.layer == .rst && verdict.by == .server)
        #expect(verdict.clientEvent?.code == (lost == 0 ? .abnormalClosure : nil))
        #expect(verdict.serverEvent?.code == .abnormalClosure)
    }

    @Test("Nothing is known of a client whose request and frames are missing up to its FIN", arguments: [false, true])
    func clientMissing(isSYNMissing: Bool) throws {
        var talk = TCPConversation()
        talk.open()
        talk.acknowledge(from: .server)
        talk.lose(TCPConversation.upgradeRequest().utf8.count, from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.acknowledge(from: .client)
        talk.sendText("a text that the server sends first", from: .server)
        talk.lose(WireFrame.close(4000, from: .client).count, from: .client)
        talk.sendClose(4000, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(isSYNMissing ? Array(talk.packets[3...]) : talk.packets)
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .unknown && verdict.serverEvent == nil)
        #expect(verdict.clientEvent?.code.rawValue == 4000)
        #expect(!analysis.rules.contains("close.not-answered"))
    }

    @Test(
        "Without the answer to the upgrade, a FIN may answer a Close frame: the server's only one of a client that went on",
        arguments: ExpectedMessage.Sender.allCases, [false, true])
    func answerMissing(first: ExpectedMessage.Sender, goesOn: Bool) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.lose(TCPConversation.upgradeResponse().utf8.count, from: .server)
        talk.acknowledge(from: .client)
        // Too little to tell frames by.
        if goesOn { talk.send([0x8a, 0x80, 0xd3, 0x05, 0x32, 0x85, 0x88], from: .client) }
        talk.finish(first: first)
        let analysis = Analysis(talk)
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.frames.isEmpty && handshake.isAnswerMissing && !handshake.isAccepted)
        let verdict = try analysis.end.verdict
        #expect(verdict.layer == .fin && verdict.by == (first == .client || goesOn ? .unknown : .server))
    }

    /// A session that the server closes, and of which only the server's direction was captured.
    private static func closedByServer(from client: String) -> [TimedPacket] {
        var talk = TCPConversation(from: client)
        talk.openWebSocket()
        talk.sendClose(1000, from: .server)
        talk.sendClose(1000, from: .client)
        talk.finish(from: .server)
        talk.finish(from: .client)
        talk.acknowledge(from: .server)
        return talk.packets.filter { $0.bytes[34] == 0x1f && $0.bytes[35] == 0x90 }
    }

    @Test("A verdict on bytes decoded at the end does not depend on other connections")
    func otherConnections() throws {
        let packets = Self.closedByServer(from: "10.0.0.7:53412")
        let alone = try Analysis(packets).end.verdict
        #expect(alone.layer == .closeFrame)
        for port in 4000..<4016 {
            let both = Analysis(packets + Self.closedByServer(from: "10.0.0.8:\(port)"))
            #expect(both.ends.map(\.verdict.by) == [alone.by, alone.by])
        }
    }

    @Test("The silence of a session that another replaces ends with the other's SYN ACK")
    func replaced() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("the last words", from: .client)
        let last = try #require(talk.packets.last?.time)
        // The server has received more than was captured: the connection waits for that.
        talk.acknowledge(from: .server, beyond: 40)
        var next = TCPConversation(at: 1_700_000_005, initialSequence: 90_000)
        next.open()
        let answer = next.packets[1].time
        for seconds in [6, 60] as [Int64] {
            var other = TCPConversation(from: "10.0.0.8:4000", at: 1_700_000_000 + seconds)
            other.openWebSocket()
            let analysis = Analysis(talk.packets + next.packets + other.packets)
            let verdict = try #require(analysis.ends.first(where: { $0.fromClient.messages == 1 })?.verdict)
            let silence = try #require(verdict.silence)
            #expect(silence == answer.nanoseconds - last.nanoseconds)
        }
    }
}
