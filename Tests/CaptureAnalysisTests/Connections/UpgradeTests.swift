import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol

@Suite("The upgrade")
struct UpgradeTests {
    private static let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"

    @Test("The upgrade makes a connection a session, whose client is the end that requested it")
    func accepted() throws {
        var talk = TCPConversation()
        talk.openWebSocket("/room?id=7")
        talk.sendText("hello", from: .client)
        talk.sendText("world", from: .server)
        let analysis = Analysis(talk)
        let connection = try #require(analysis.connections.first)
        #expect(connection.client == talk.client && connection.server == talk.server)
        #expect(connection.opening == .handshake)
        #expect(
            connection.tcp.syn?.packet == 1 && connection.tcp.synAck?.packet == 2 && connection.tcp.ack?.packet == 3)
        #expect(connection.tcp.connectTime == 2_000_000)
        let handshake = try #require(analysis.handshakes.first)
        #expect(handshake.isAccepted && handshake.isAcceptValid == true && handshake.status == 101)
        #expect(handshake.url == "ws://server.example.com/room?id=7")
        #expect(handshake.requestPacket == 4 && handshake.responsePacket == 5 && handshake.responseTime == 1_000_000)
        #expect(analysis.texts == ["hello", "world"])
        #expect(analysis.frames.map(\.from) == [.client, .server])
        #expect(analysis.rules == [])
    }

    @Test("The upgrade may be requested by the end that accepted the TCP connection")
    func turnedRoles() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .server)
        talk.send(TCPConversation.upgradeResponse(), from: .client)
        talk.send(WireFrame.text("masked", from: .client), from: .server)
        let analysis = Analysis(talk)
        #expect(analysis.connections.map(\.client) == [talk.server])
        #expect(analysis.connections.map(\.tcp.isClientInitiator) == [false])
        #expect(analysis.texts == ["masked"])
        #expect(analysis.rules == [])
    }

    @Test("The end that requests the upgrade is the client if the SYNs are missing")
    func withoutSYN() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hello", from: .client)
        let analysis = Analysis(Array(talk.packets.dropFirst(3)))
        #expect(analysis.connections.map(\.client) == [talk.client])
        #expect(analysis.connections.map(\.tcp.isClientInitiator) == [nil])
        #expect(analysis.texts == ["hello"])
    }

    @Test("A refused upgrade opens no session")
    func refused() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(Self.refusal, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.handshakes.map(\.status) == [401])
        #expect(analysis.handshakes.map(\.isAccepted) == [false])
        #expect(analysis.handshakes.map(\.isAcceptValid) == [nil])
        let end = try analysis.end
        #expect(end.clientReadyStates.map(\.state) == [.connecting, .closed])
        #expect(end.serverReadyStates.isEmpty)
        #expect(end.verdict.clientSees?.rawValue == 1006 && end.verdict.serverSees == nil)
        #expect(try analysis.summary.webSocketConnections == 0)
        #expect(try analysis.summary.others.http == 1)
    }

    @Test("An upgrade without a response is reported before the end", arguments: [false, true])
    func unanswered(isClosed: Bool) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.acknowledge(from: .server)
        if isClosed { talk.reset(from: .server) }
        let analysis = Analysis(talk)
        #expect(analysis.connections.count == 1)
        #expect(analysis.handshakes.map(\.status) == [nil])
        #expect(analysis.handshakes.map(\.responsePacket) == [nil])
        let end = try analysis.end
        #expect(end.verdict.layer == (isClosed ? .rst : .captureEnd))
        #expect(end.verdict.clientSees?.rawValue == (isClosed ? 1006 : nil))
    }

    @Test("An upgrade may be refused, then requested again and accepted")
    func refusedThenAccepted() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest("/private"), from: .client)
        talk.send(Self.refusal, from: .server)
        talk.send(TCPConversation.upgradeRequest("/private", fields: "Authorization: Basic eDp5\r\n"), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("in", from: .server)
        let analysis = Analysis(talk)
        #expect(analysis.connections.count == 1)
        #expect(analysis.handshakes.map(\.status) == [401, 101])
        #expect(analysis.reported.allSatisfy { $0.context.connection <= 1 })
        #expect(analysis.texts == ["in"])
        #expect(try analysis.summary.webSocketConnections == 1)
    }

    @Test("An upgrade's response may be captured before its request")
    func answerFirst() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hello", from: .server)
        var packets = talk.packets
        packets.swapAt(3, 4)
        let analysis = Analysis(packets)
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
        #expect(analysis.texts == ["hello"])
    }

    @Test("The client's frames may be captured before the upgrade's response")
    func framesFirst() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("early", from: .client)
        talk.sendText("late", from: .server)
        var packets = talk.packets
        packets.swapAt(4, 5)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["early", "late"])
        #expect(analysis.frames.map(\.firstPacket) == [5, 7])
        #expect(analysis.rules == [])
    }

    @Test("Frames may come in the segment of the upgrade's response")
    func framesInTheAnswer() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        let frames = WireFrame.text("one", from: .server) + WireFrame.text("two", from: .server)
        talk.send(Array(TCPConversation.upgradeResponse().utf8) + frames, from: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == ["one", "two"])
        #expect(analysis.frames.map(\.frame.index) == [0, 1])
        let head = UInt64(TCPConversation.upgradeResponse().utf8.count)
        #expect(analysis.frames.map(\.frame.streamOffset) == [head, head + 5])
    }

    @Test("An upgrade with the wrong Sec-WebSocket-Accept is followed, and reported")
    func wrongAccept() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        let response = TCPConversation.upgradeResponse().replacing("s3pPLMB", with: "AAAAAAA")
        talk.send(response, from: .server)
        talk.sendText("hello", from: .client)
        let analysis = Analysis(talk)
        #expect(analysis.handshakes.map(\.isAcceptValid) == [false])
        #expect(analysis.rules == ["handshake.accept-wrong"])
        #expect(analysis.texts == ["hello"])
    }

    @Test("An upgrade on reused ports opens a connection of its own", arguments: [true, false])
    func portsUsedAgain(isReset: Bool) throws {
        var first = TCPConversation(initialSequence: 1000)
        first.openWebSocket("/first")
        first.sendText("one", from: .client)
        if isReset { first.reset(from: .server) } else { first.finish(first: .client) }
        var second = TCPConversation(at: 1_700_000_001, initialSequence: 7_000_000)
        second.openWebSocket("/second")
        second.sendText("two", from: .client)
        second.finish(first: .client)
        let analysis = Analysis(first.packets + second.packets)
        #expect(analysis.connections.count == 2)
        #expect(analysis.handshakes.map(\.target) == ["/first", "/second"])
        #expect(analysis.texts == ["one", "two"])
        #expect(analysis.ends.map(\.verdict.layer) == [isReset ? .rst : .fin, .fin])
        #expect(try analysis.summary.tcpConnections == 2)
    }

    @Test("An upgrade on reused ports without an end in the capture closes the first session")
    func portsUsedAgainWithoutEnd() throws {
        var first = TCPConversation(initialSequence: 1000)
        first.openWebSocket("/first")
        var second = TCPConversation(at: 1_700_000_001, initialSequence: 7_000_000)
        second.openWebSocket("/second")
        let analysis = Analysis(first.packets + second.packets)
        #expect(analysis.handshakes.map(\.target) == ["/first", "/second"])
        #expect(analysis.ends.count == 2)
        #expect(
            analysis.reported.filter { if case .end = $0.event { true } else { false } }.map(\.context.connection) == [
                1, 2,
            ])
    }
}
