import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("A capture of one direction")
struct OneDirectionTests {
    private static let count = 12

    /// A session of texts from both ends, and of its packets those of one end.
    private static func packets(of end: ExpectedMessage.Sender, texts: Int = count, withOpening: Bool) -> [TimedPacket]
    {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<texts {
            talk.send(WireFrame.text("client \(number) says so", from: .client), from: .client)
            talk.send(WireFrame.text("server \(number) says so", from: .server), from: .server)
        }
        talk.finish(first: .client)
        // The port that a packet comes from stands after 14 bytes of Ethernet and 20 of IPv4: 8080 is the server's.
        let packets = talk.packets.filter { ($0.bytes[34] == 0x1f && $0.bytes[35] == 0x90) == (end == .server) }
        return withOpening ? packets : Array(packets.dropFirst(end == .client ? 2 : 1))
    }

    @Test("Of the client alone gives its messages, and no answer", arguments: [true, false])
    func client(withOpening: Bool) throws {
        let analysis = Analysis(Self.packets(of: .client, withOpening: withOpening))
        #expect(analysis.texts == (0..<Self.count).map { "client \($0) says so" })
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.handshakes.count == 1)
        #expect(handshake.isAccepted && handshake.status == nil && handshake.isAcceptValid == nil)
        #expect(handshake.isAnswerMissing && handshake.target == "/chat")
    }

    @Test("Of the server alone gives its messages, and no request", arguments: [true, false])
    func server(withOpening: Bool) throws {
        let analysis = Analysis(Self.packets(of: .server, withOpening: withOpening))
        #expect(analysis.texts == (0..<Self.count).map { "server \($0) says so" })
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.handshakes.count == 1)
        #expect(handshake.isAccepted && handshake.status == 101 && handshake.isAcceptValid == nil)
        #expect(handshake.url.isEmpty && handshake.requestPacket == 0)
        #expect(analysis.rules.isEmpty)
    }

    @Test("Without frames does not show whether the upgrade was accepted")
    func nothing() throws {
        let analysis = Analysis(Self.packets(of: .client, texts: 0, withOpening: true))
        let handshake = try #require(analysis.handshakes.first)
        #expect(!handshake.isAccepted && handshake.status == nil && handshake.isAnswerMissing)
    }
}
