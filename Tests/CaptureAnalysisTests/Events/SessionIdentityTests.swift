import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("The identity of a session")
struct SessionIdentityTests {
    private static func talk(to port: Int = 8080, at seconds: Int64 = 1_700_000_000) -> TCPConversation {
        var talk = TCPConversation(from: "10.0.0.7:53412", to: "10.0.0.9:\(port)", at: seconds)
        talk.openWebSocket("/a")
        talk.sendText("hello", from: .client)
        for count in 0..<20 { talk.sendText("message \(count)", from: .server) }
        talk.finish(first: .client)
        return talk
    }

    @Test("The identity is the SHA-1 of the connection's properties")
    func recipe() throws {
        let analysis = Analysis(Self.talk())
        // Python: hashlib.sha1(b"1:UfmReSlpuLOyewvEJZYkdiZEDI0=" + struct.pack(">IIq", 1000, 2000, 1700000000 * 10**9))
        let identity = "e6204846a1f3fdc4f60309366c3e559b"
        #expect(analysis.connections.map(\.identity.sessionID) == [identity])
        #expect(analysis.handshakes.map(\.identity.sessionID) == [identity])
        let end = try analysis.end.identity
        #expect(end.sessionID == identity && end.url == "ws://server.example.com/a")
        #expect("\(end.client)" == "10.0.0.7:53412" && "\(end.server)" == "10.0.0.9:8080")
        #expect(end.communityID == "1:UfmReSlpuLOyewvEJZYkdiZEDI0=")
    }

    @Test("The identity is the same in every file with the SYN, wherever that file ends", arguments: [4, 5, 6, 12])
    func shards(count: Int) throws {
        let packets = Self.talk().packets
        let whole = try Analysis(packets).end.identity.sessionID
        #expect(try Analysis(Array(packets.prefix(count))).end.identity.sessionID == whole)
        let others = Analysis(Self.talk(to: 9090, at: 1_699_999_999).packets + packets)
        #expect(others.ends.map(\.identity.sessionID).contains(whole))
    }

    @Test("The identity differs in a file without the SYN, but is the same in every run", arguments: [1, 3, 5])
    func withoutSYN(dropped: Int) throws {
        let packets = Self.talk().packets
        let rest = Array(packets.dropFirst(dropped))
        let identity = try Analysis(rest).end.identity.sessionID
        #expect(try identity == Analysis(rest, isBatched: false).end.identity.sessionID)
        #expect(try identity != Analysis(packets).end.identity.sessionID)
    }

    @Test("The identity distinguishes connections with the same ends, by sequence number and time")
    func portsUsedAgain() throws {
        let identities = [
            Analysis(Self.talk()), Analysis(Self.talk(at: 1_700_000_001)),
        ].flatMap(\.ends).map(\.identity.sessionID)
        #expect(Set(identities).count == 2)
    }

    @Test("An upgrade that is retried on a connection keeps its identity")
    func retried() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest("/first"), from: .client)
        talk.send("HTTP/1.0 401 Unauthorized\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", from: .server)
        talk.send(TCPConversation.upgradeRequest("/second"), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.handshakes.map(\.status) == [401, 101])
        #expect(analysis.handshakes.map(\.method) == ["GET", "GET"])
        #expect(analysis.handshakes.map(\.responseHTTPVersion) == ["1.0", "1.1"])
        #expect(Set(analysis.handshakes.map(\.identity.sessionID)).count == 1)
        #expect(try analysis.end.identity.url == "ws://server.example.com/second")
    }
}

@Suite("The numbers of messages")
struct MessageIndexTests {
    @Test("The identities of messages are those of their frames, in each direction")
    func indices() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("0", from: .client)
        talk.send(WireFrame(1, [97], from: .client, fin: false).bytes, from: .client)
        talk.sendPing("p", from: .client)
        talk.send(WireFrame(0, [98], from: .client).bytes, from: .client)
        // A continuation of nothing, and a message inside a message (RFC 6455 5.4).
        talk.send(WireFrame(0, [99], from: .client).bytes, from: .client)
        talk.send(WireFrame(2, [100], from: .client, fin: false).bytes, from: .client)
        talk.sendText("3", from: .client)
        talk.sendText("0", from: .server)
        // A message that begins but does not end.
        talk.send(WireFrame(1, [101], from: .server, fin: false).bytes, from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        let frames = analysis.frames.filter { $0.from == .client }
        #expect(frames.map(\.messageIndex) == [0, 1, nil, 1, nil, 2, 3])
        #expect(analysis.messages.filter { $0.from == .client }.map(\.index) == [0, 1, 2, 3])
        #expect(analysis.messages.filter { $0.from == .client }.map(\.message.isComplete) == [true, true, false, true])
        #expect(analysis.frames.filter { $0.from == .server }.map(\.messageIndex) == [0, 1])
        #expect(analysis.messages.filter { $0.from == .server }.map(\.index) == [0, 1])
    }
}
