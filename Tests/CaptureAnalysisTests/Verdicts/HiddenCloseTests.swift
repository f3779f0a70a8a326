import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// A session of which the capture lacks bytes near its end.
///
/// Who closed it is known, since the test decides it.
struct HiddenClose: Sendable, CustomTestStringConvertible {
    /// Who sends the first Close frame.
    var closer: ExpectedMessage.Sender
    /// The end whose bytes are lost.
    var loser: ExpectedMessage.Sender
    /// The loser's messages between the lost bytes and the Close frame.
    var messagesBehind: Int
    /// Whether both ends have IPv6 addresses.
    var isV6: Bool

    var testDescription: String {
        "\(closer) closes, \(messagesBehind) messages after lost bytes of the \(loser), IPv\(isV6 ? 6 : 4)"
    }

    static let all: [HiddenClose] = [ExpectedMessage.Sender.client, .server].flatMap { closer in
        [closer, closer.peer].flatMap { loser in
            [0, 1, 3, 8].flatMap { behind in
                [false, true].map { HiddenClose(closer: closer, loser: loser, messagesBehind: behind, isV6: $0) }
            }
        }
    }

    /// Two messages, the lost bytes, the rest, both Close frames, both FINs.
    var talk: TCPConversation {
        var talk =
            isV6 ? TCPConversation(from: "[2001:db8::1]:53412", to: "[2001:db8::2]:8080") : TCPConversation()
        talk.openWebSocket()
        talk.sendText("a message before", from: .client)
        talk.sendText("and its answer", from: .server)
        talk.acknowledge(from: .client)
        talk.lose(300, from: loser)
        for number in 0..<messagesBehind {
            talk.send(text("message \(number * number * 7919) of many", number), from: loser)
            talk.acknowledge(from: loser.peer)
        }
        talk.send(frame(8, [3, 0xe9] + Array("bye".utf8), from: closer, 40), from: closer)
        talk.send(frame(8, [3, 0xe9], from: closer.peer, 41), from: closer.peer)
        talk.finish(first: .server)
        return talk
    }

    private func text(_ text: String, _ number: Int) -> [UInt8] { frame(1, Array(text.utf8), from: loser, number) }

    /// A frame with a masking key, if any, that no other frame has.
    private func frame(_ opcode: UInt8, _ payload: [UInt8], from sender: ExpectedMessage.Sender, _ number: Int)
        -> [UInt8]
    {
        var frame = WireFrame(opcode, payload, from: sender)
        if sender == .client { frame.maskingKey = (UInt32(number + 1) &* 0x9e37_79b9).bigEndianBytes }
        return frame.bytes
    }
}

@Suite("Who closed first when bytes are lost")
struct HiddenCloseTests {
    @Test(
        "Lost bytes never make the other end the first closer; frames that show the position decide it",
        arguments: HiddenClose.all)
    func closer(hidden: HiddenClose) throws {
        let analysis = Analysis(hidden.talk)
        let verdict = try analysis.end.verdict
        let (right, wrong): (SessionEnd.Verdict.Party, SessionEnd.Verdict.Party) =
            hidden.closer == .client ? (.client, .server) : (.server, .client)
        #expect(verdict.by != wrong)
        #expect(verdict.layer == .closeFrame && verdict.code == .goingAway)
        // The last segment before the FIN is a Close frame with the other's code.
        #expect(verdict.by == right && verdict.isClean && verdict.reason == "bye")
        guard hidden.messagesBehind == 0 || hidden.messagesBehind >= 3 else { return }
        #expect(analysis.messages.count == 2 + hidden.messagesBehind)
    }

    /// The server's bytes after its lost ones, up to its FIN: the client's Close frame has code 1001.
    @Test(
        "A last segment that is not exactly a Close frame with the other one's code proves nothing",
        arguments: [
            [[0x88, 2, 3, 0xe8]], [[0x88, 2, 3, 0xe9, 0]], [[0, 0x88, 2, 3, 0xe9]], [[0x88, 3, 3, 0xe9]],
            [[0x08, 2, 3, 0xe9]], [[0x88, 3, 3, 0xe9, 0xff]], [[0x88, 2, 3], [0xe9]],
        ] as [[[UInt8]]])
    func otherLastSegment(segments: [[UInt8]]) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("before", from: .server)
        talk.acknowledge(from: .client)
        talk.lose(300, from: .server)
        for segment in segments { talk.send(segment, from: .server) }
        talk.sendClose(1001, from: .client)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.frames.count == 2)
        #expect(analysis.rules.contains("gap.place-lost"))
    }

    @Test(
        "A Close frame whose code begins with its length, as records do, is still found",
        arguments: [3000, 3333, 4001, 4500] as [UInt16])
    func lengthInCode(code: UInt16) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("before", from: .server)
        talk.acknowledge(from: .client)
        talk.lose(300, from: .server)
        talk.sendText("a message behind", from: .server)
        talk.acknowledge(from: .client)
        let reason = Array(repeating: UInt8(ascii: "x"), count: Int(code >> 8) - 1)
        talk.send(WireFrame(8, [UInt8(code >> 8), UInt8(code & 0xff)] + reason, from: .server).bytes, from: .server)
        talk.finish(first: .server)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.by == .server && verdict.code == CloseCode(rawValue: code))
    }

    @Test(
        "The first closer is not known if its Close frame is lost",
        arguments: [ExpectedMessage.Sender.client, .server], [0, 1, 3])
    func lostClose(closer: ExpectedMessage.Sender, count: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<count { talk.sendText("number \(number)", from: closer) }
        talk.lose(WireFrame.close(1000, from: closer).count, from: closer)
        talk.sendClose(1000, from: closer.peer)
        talk.finish(first: closer.peer)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.by == .unknown && verdict.layer == .closeFrame && verdict.code == .normalClosure)
    }

    @Test("The first closer of a session whose 101 is lost is known from its frames", arguments: [3, 8, 20])
    func lostAnswer(count: Int) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.lose(TCPConversation.upgradeResponse().utf8.count, from: .server)
        for number in 0..<count {
            var frame = WireFrame(1, Array("question \(number * number * 7919)".utf8), from: .client)
            frame.maskingKey = (UInt32(number + 1) &* 0x9e37_79b9).bigEndianBytes
            talk.send(frame.bytes, from: .client)
            talk.sendText("answer number \(number * number * 104_729)", from: .server)
        }
        var close = WireFrame(8, [3, 0xe8], from: .client)
        close.maskingKey = [0x81, 0x35, 0xc7, 0x9a]
        talk.send(close.bytes, from: .client)
        talk.sendClose(1000, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.connections.map(\.opening) == [.handshake])
        #expect(analysis.messages.count == 2 * count)
        // Five packets come before: three of the handshake, the request, and the lost one, which has no number.
        #expect(analysis.messages.map(\.origin.packet).sorted() == (0..<UInt64(2 * count)).map { 5 + $0 })
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .client && verdict.isClean)
        let states = try analysis.end.clientReadyStates
        #expect(states.map(\.elapsed) == states.map(\.elapsed).sorted())
    }

    @Test(
        "A Ping whose Pong may be lost is not called unanswered", arguments: [ExpectedMessage.Sender.client, .server])
    func lostPong(sender: ExpectedMessage.Sender) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendPing("p", from: sender)
        talk.lose(WireFrame.pong("p", from: sender.peer).count, from: sender.peer)
        for number in 0..<8 {
            var frame = WireFrame(1, Array("message \(number * number * 7919) of many".utf8), from: sender.peer)
            if sender == .server { frame.maskingKey = (UInt32(number + 1) &* 0x9e37_79b9).bigEndianBytes }
            talk.send(frame.bytes, from: sender.peer)
            talk.acknowledge(from: sender)
        }
        talk.wait(milliseconds: 5000)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.messages.count == 8)
        #expect(!analysis.rules.contains("ping.unanswered"))
    }
}
