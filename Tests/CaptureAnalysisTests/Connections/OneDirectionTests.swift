import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("A capture of one direction")
struct OneDirectionTests {
    private static let count = 12

    /// The packets of one end in a session of texts from both ends.
    private static func packets(of end: ExpectedMessage.Sender, texts: Int = count, withOpening: Bool) -> [TimedPacket]
    {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<texts {
            talk.sendText("client \(number) says so", from: .client)
            talk.sendText("server \(number) says so", from: .server)
        }
        talk.finish(first: .client)
        return Array(talk.packets.sent(by: end).dropFirst(withOpening ? 0 : end == .client ? 2 : 1))
    }

    @Test("The client's direction alone gives its messages, and no response", arguments: [true, false])
    func client(withOpening: Bool) throws {
        let analysis = Analysis(Self.packets(of: .client, withOpening: withOpening))
        #expect(analysis.texts == (0..<Self.count).map { "client \($0) says so" })
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.handshakes.count == 1)
        #expect(handshake.isAccepted && handshake.status == nil && handshake.isAcceptValid == nil)
        #expect(handshake.isAnswerMissing && handshake.target == "/chat")
    }

    @Test(
        "The client's direction alone gives the messages after a long one, and that one too if it is kept",
        arguments: [30, 90])
    func upload(kibibytes: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        var random = SeededGenerator(seed: 20_261_130)
        let bytes = (0..<kibibytes << 10).map { _ in UInt8.random(in: 0...255, using: &random) }
        let frame = WireFrame(2, bytes, from: .client).bytes
        for start in stride(from: 0, to: frame.count, by: 1400) {
            talk.send(Array(frame[start..<min(start + 1400, frame.count)]), from: .client)
        }
        let texts = (0..<4).map { "the upload is over \($0)" }
        for text in texts { talk.sendText(text, from: .client) }
        talk.finish(first: .client)
        let analysis = Analysis(talk.packets.sent(by: .client))
        #expect(analysis.texts.suffix(4) == texts)
        #expect(analysis.messages.count == (kibibytes < 64 ? 5 : 4))
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
    }

    @Test("The client's direction alone shows the content of a tunnel", arguments: [1, 2])
    func tunnel(proxies: Int) {
        var talk = TCPConversation()
        talk.open()
        for _ in 0..<proxies {
            talk.send("CONNECT server.example:80 HTTP/1.1\r\nHost: server.example:80\r\n\r\n", from: .client)
            talk.send("HTTP/1.1 200 OK\r\n\r\n", from: .server)
        }
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        for number in 0..<Self.count {
            talk.sendText("client \(number) says so", from: .client)
        }
        talk.finish(first: .client)
        let analysis = Analysis(talk.packets.sent(by: .client))
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
        #expect(analysis.texts == (0..<Self.count).map { "client \($0) says so" })
    }

    @Test("The client's direction alone shows an accepted upgrade even if a later segment begins like a request")
    func likeRequest() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        var random = SeededGenerator(seed: 20_261_130)
        var frame = WireFrame(2, (0..<4000).map { _ in UInt8.random(in: 0...255, using: &random) }, from: .client)
        let key = try #require(frame.maskingKey)
        frame.payload.replaceSubrange(400..<404, with: zip("GET ".utf8, key).map { $0 ^ $1 })
        let bytes = frame.bytes
        talk.send(Array(bytes[..<408]), from: .client)
        talk.send(Array(bytes[408...]), from: .client)
        for number in 0..<Self.count {
            talk.sendText("client \(number) says so", from: .client)
        }
        talk.finish(first: .client)
        let segments = talk.packets.sent(by: .client)
        #expect(segments[4].bytes.suffix(bytes.count - 408).starts(with: "GET ".utf8))
        let analysis = Analysis(segments)
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
        #expect(analysis.texts.suffix(Self.count) == (0..<Self.count).map { "client \($0) says so" })
    }

    @Test("The server's direction alone gives its messages, and no request", arguments: [true, false])
    func server(withOpening: Bool) throws {
        let analysis = Analysis(Self.packets(of: .server, withOpening: withOpening))
        #expect(analysis.texts == (0..<Self.count).map { "server \($0) says so" })
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.handshakes.count == 1)
        #expect(handshake.isAccepted && handshake.status == 101 && handshake.isAcceptValid == nil)
        #expect(handshake.url.isEmpty && handshake.requestPacket == 0)
        #expect(analysis.rules.isEmpty)
    }

    @Test("One direction does not show whether Pings and Close frames were answered")
    func answers() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<6 {
            talk.sendPing("\(number)", from: .server)
            talk.sendPong("\(number)", from: .client)
            talk.wait(milliseconds: 5000)
        }
        talk.sendClose(1001, from: .server)
        talk.sendClose(1001, from: .client)
        talk.finish(first: .server)
        let packets = talk.packets.filter { $0.bytes[34] == 0x1f && $0.bytes[35] == 0x90 }
        let analysis = Analysis(packets)
        #expect(analysis.frames.count == 7 && analysis.rules.isEmpty)
        #expect(try analysis.end.verdict.serverSees == nil)
    }

    @Test("The server's direction alone does not show which Pongs are unsolicited", arguments: [0, 1])
    func pongs(missing: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<6 {
            talk.sendPing("\(number)", from: .client)
            talk.sendPong("\(number)", from: .server)
            talk.wait(milliseconds: 5000)
        }
        talk.finish(first: .client)
        let analysis = Analysis(Array(talk.packets.sent(by: .server).dropFirst(missing)))
        #expect(analysis.frames.count == 6 && analysis.rules.isEmpty)
    }

    @Test("One direction without frames does not show whether the upgrade was accepted")
    func nothing() throws {
        let analysis = Analysis(Self.packets(of: .client, texts: 0, withOpening: true))
        let handshake = try #require(analysis.handshakes.first)
        #expect(!handshake.isAccepted && handshake.status == nil && handshake.isAnswerMissing)
    }

    @Test(
        "One direction and a SYN of the other do not show whether the upgrade was accepted", arguments: [0, 1, 2, 12])
    func onlySYN(count: Int) throws {
        // The client's ACK of the response shows that there was one.
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<count {
            talk.sendText("client \(number) says so", from: .client)
            talk.sendText("server \(number) says so", from: .server)
        }
        talk.acknowledge(from: .client)
        let synAck = talk.packets[1]
        let client = talk.packets.sent(by: .client)
        let analysis = Analysis([client[0], synAck] + client[1...])
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.handshakes.count == 1)
        #expect(handshake.isAnswerMissing && handshake.status == nil && handshake.isAcceptValid == nil)
        #expect(analysis.texts == (0..<count).map { "client \($0) says so" })
        #expect(handshake.isAccepted == (count > 0))
    }

    @Test("One direction that acknowledges only a SYN shows that the upgrade was never answered")
    func onlySYNUnacknowledged() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.acknowledge(from: .server)
        talk.finish(first: .client)
        let handshakes = Analysis(Array(talk.packets.prefix(5))).handshakes
        #expect(handshakes.map(\.isAnswerMissing) == [false])
    }

    /// The number of HTTP exchanges before the upgrade, and the end that was captured.
    static let exchanges: [(count: Int, end: ExpectedMessage.Sender)] = [
        (0, .client), (1, .client), (3, .client), (0, .server), (1, .server), (3, .server),
    ]

    @Test(
        "One direction shows what its end sends, whatever came before, but not who closed first", arguments: exchanges)
    func close(count: Int, end: ExpectedMessage.Sender) throws {
        for isV6 in [false, true] {
            var talk =
                isV6
                ? TCPConversation(from: "[2001:db8::1]:53412", to: "[2001:db8::2]:8080") : TCPConversation()
            talk.open()
            for _ in 0..<count {
                talk.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
                talk.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", from: .server)
            }
            talk.send(TCPConversation.upgradeRequest(), from: .client)
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            for text in ["one of them", "two of them", "three of them"] {
                for sender in [ExpectedMessage.Sender.client, .server] {
                    talk.sendText(text, from: sender)
                }
            }
            talk.sendClose(1001, "bye", from: end.peer)
            talk.sendClose(1001, "bye", from: end)
            talk.finish(first: .server)
            let analysis = Analysis(talk.packets.sent(by: end, isV6: isV6))
            #expect(analysis.texts == ["one of them", "two of them", "three of them"])
            #expect(analysis.handshakes.map(\.isAccepted) == [true])
            let verdict = try analysis.end.verdict
            #expect(verdict.by == .unknown && verdict.layer == .closeFrame && verdict.code == .goingAway)
            // What the other end sent is unknown, and so are the close event of this one and whether it was answered.
            let (own, other) =
                end == .client ? (verdict.clientEvent, verdict.serverEvent) : (verdict.serverEvent, verdict.clientEvent)
            #expect(own == nil && other?.code == .goingAway && other?.wasClean == nil)
            #expect(analysis.rules.allSatisfy { $0 == "masking.repeated-key" })
        }
    }

    @Test("One direction shows the readyStates in order, at the times of their own packets", arguments: exchanges)
    func states(count: Int, end: ExpectedMessage.Sender) throws {
        var talk = TCPConversation()
        talk.open()
        for _ in 0..<count {
            talk.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
            talk.send("HTTP/1.1 204 No Content\r\n\r\n", from: .server)
        }
        let start = end == .client ? Int64(0) : 1
        let request = Int64(talk.packets.count) - start
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        for text in ["one of them", "two of them", "three of them"] {
            talk.sendText(text, from: end)
        }
        talk.sendClose(1000, from: end)
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets.sent(by: end))
        // The response's own packet, or that of the first frame; then three messages and the Close frame.
        let open = request + (end == .client ? 2 : 1)
        let connecting = end == .client ? request : open
        let closing = request + 2 + 3
        let states = try analysis.end.clientReadyStates.prefix(3)
        #expect(states.map(\.state) == [.connecting, .open, .closing])
        #expect(states.map { $0.elapsed / 1_000_000 } == [connecting, open, closing])
        let handshake = try #require(analysis.handshakes.first)
        if end == .server { #expect(handshake.responsePacket == UInt64(count + 2)) }
    }
}

extension [TimedPacket] {
    /// The packets from one end's port; the server's is 8080.
    func sent(by end: ExpectedMessage.Sender, isV6: Bool = false) -> [TimedPacket] {
        // After 14 bytes of Ethernet and 20 of IPv4 or 40 of IPv6.
        let port = isV6 ? 54 : 34
        return filter { ($0.bytes[port] == 0x1f && $0.bytes[port + 1] == 0x90) == (end == .server) }
    }
}

@Suite("A capture without packets of the opening handshake")
struct LostOpeningTests {
    private static let request = 3
    private static let response = 4

    /// The analysis of a session of texts from both ends, without some of its first packets.
    private static func analysis(texts: Int, without lost: Set<Int>, fields: String = "") -> Analysis {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: fields), from: .client)
        talk.send(TCPConversation.upgradeResponse(fields: fields), from: .server)
        for number in 0..<texts {
            talk.sendText("client \(number) says so", from: .client)
            talk.sendText("server \(number) says so", from: .server)
        }
        talk.sendClose(1001, from: .server)
        talk.sendClose(1001, from: .client)
        talk.finish(first: .server)
        return Analysis(talk.packets.enumerated().filter { !lost.contains($0.offset) }.map(\.element))
    }

    private static func texts(_ count: Int) -> [String] {
        (0..<count).flatMap { ["client \($0) says so", "server \($0) says so"] }
    }

    @Test("A capture without the request gives the session by its 101", arguments: [2, 3, 12, 40])
    func request(count: Int) throws {
        let analysis = Self.analysis(texts: count, without: [Self.request])
        #expect(analysis.texts.sorted() == Self.texts(count).sorted())
        #expect(analysis.connections.map(\.opening) == [.handshake])
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.handshakes.count == 1 && handshake.isAccepted && handshake.status == 101)
        #expect(handshake.isAcceptValid == nil && handshake.url.isEmpty && handshake.requestPacket == 0)
        #expect(handshake.responsePacket == 4 && !analysis.rules.contains("handshake.early-frames"))
        #expect(analysis.rules.filter { $0.hasPrefix("tcp.") } == ["tcp.gap"])
        #expect(try analysis.end.tcp.gapBytes == UInt64(TCPConversation.upgradeRequest().utf8.count))
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .server && verdict.isClean && verdict.code?.rawValue == 1001)
        #expect(verdict.silence == 1_000_000)
    }

    @Test("A capture without the request and the frames after it gives the session by its 101")
    func requestAndFrames() throws {
        let analysis = Self.analysis(texts: 6, without: [Self.request, 5, 7])
        #expect(
            analysis.texts.sorted()
                == Self.texts(6).filter { !["client 0 says so", "client 1 says so"].contains($0) }.sorted())
        #expect(analysis.handshakes.map(\.status) == [101])
        #expect(try analysis.end.verdict.isClean)
    }

    @Test("A capture without the request of an exchange before the upgrade gives the session")
    func otherRequest() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send("GET / HTTP/1.1\r\nHost: example.test\r\n\r\n", from: .client)
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", from: .server)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("after all", from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets.enumerated().filter { $0.offset != Self.request }.map(\.element))
        #expect(analysis.texts == ["after all"])
        #expect(analysis.handshakes.map(\.isAcceptValid) == [true])
    }

    @Test(
        "A capture without request and 101 gives the session by its frames, as if it had begun before the capture",
        arguments: [12, 40])
    func both(count: Int) throws {
        let analysis = Self.analysis(texts: count, without: [Self.request, Self.response])
        #expect(analysis.texts.sorted() == Self.texts(count).sorted())
        #expect(analysis.handshakes.isEmpty)
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .server && verdict.isClean && verdict.code?.rawValue == 1001)
    }
}
