import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Bytes that a client sends after its request and before the response, for which it must wait (RFC 6455 4.1).
struct EarlyBytes: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The segments that the client sends; the request comes before the first.
    var segments: [[UInt8]]
    /// Whether the first is in the same segment as the request.
    var isInRequest = false
    /// The texts of the messages.
    var texts: [String]
    /// The packets of their last bytes, from 1.
    var packets: [UInt64]
    /// The broken rules.
    var rules: [String]

    private static func text(_ text: String) -> [UInt8] { WireFrame.text(text, from: .client) }

    static let all: [EarlyBytes] = [
        EarlyBytes(
            testDescription: "a frame in the segment of the request", segments: [text("early")], isInRequest: true,
            texts: ["early"], packets: [4], rules: ["handshake.early-frames"]),
        EarlyBytes(
            testDescription: "a frame in a segment after the request", segments: [text("early")], texts: ["early"],
            packets: [5], rules: ["handshake.early-frames"]),
        EarlyBytes(
            testDescription: "several frames in several segments", segments: [text("one"), text("two"), text("three")],
            texts: ["one", "two", "three"], packets: [5, 6, 7], rules: ["handshake.early-frames"]),
        EarlyBytes(
            testDescription: "a frame in parts", segments: [Array(text("early")[..<4]), Array(text("early")[4...])],
            texts: ["early"], packets: [6], rules: ["handshake.early-frames"]),
        EarlyBytes(
            testDescription: "header fields after the empty line", segments: [Array("X-Late: field\r\n".utf8)],
            texts: [], packets: [], rules: ["handshake.text-after-head"]),
        EarlyBytes(
            testDescription: "header fields in the segment of the request",
            segments: [Array("X-Late: field\r\nX-Later: field\r\n\r\n".utf8)], isInRequest: true, texts: [],
            packets: [], rules: ["handshake.text-after-head"]),
        EarlyBytes(
            testDescription: "one empty line too many", segments: [Array("\r\n".utf8)], isInRequest: true, texts: [],
            packets: [], rules: ["handshake.text-after-head"]),
        EarlyBytes(
            testDescription: "a body that no field announces", segments: [Array(#"{"token":"abc"}"#.utf8)],
            isInRequest: true, texts: [], packets: [], rules: ["handshake.text-after-head"]),
        EarlyBytes(
            testDescription: "a body in two segments", segments: [Array("user=tea&".utf8), Array("room=1".utf8)],
            texts: [], packets: [], rules: ["handshake.text-after-head"]),
        EarlyBytes(
            testDescription: "header fields of a string in C, with its NUL",
            segments: [Array("X-Late: field\r\n\r\n\0".utf8)], isInRequest: true, texts: [], packets: [],
            rules: ["handshake.text-after-head"]),
        EarlyBytes(
            testDescription: "a body of a string in C, with its NUL", segments: [Array("user=tea\0".utf8)], texts: [],
            packets: [], rules: ["handshake.text-after-head"]),
        EarlyBytes(
            testDescription: "a frame whose masking key and payload are text, in parts",
            segments: [[0x81, 0x84], Array("key!".utf8), Array("#$8X".utf8)],
            texts: ["HAAy"], packets: [7], rules: ["handshake.early-frames"]),
        EarlyBytes(
            testDescription: "two lines in two segments", segments: [Array("A: b\r\n".utf8), Array("C: d\r\n".utf8)],
            texts: [], packets: [], rules: ["handshake.text-after-head"]),
    ]
}

@Suite("Bytes of the client before the response to its upgrade")
struct EarlyBytesTests {
    @Test("Frames before the 101 keep their own packets, and are reported as early", arguments: EarlyBytes.all)
    func early(bytes: EarlyBytes) throws {
        var talk = TCPConversation()
        talk.open()
        var segments = bytes.segments
        let request = Array(TCPConversation.upgradeRequest().utf8)
        talk.send(request + (bytes.isInRequest ? segments.removeFirst() : []), from: .client)
        for segment in segments { talk.send(segment, from: .client) }
        talk.wait(milliseconds: 3000)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("in time", from: .client)
        talk.sendText("welcome", from: .server)
        talk.sendClose(1000, from: .client)
        talk.sendClose(1000, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == bytes.texts + ["in time", "welcome"])
        #expect(analysis.messages.prefix(bytes.packets.count).map(\.origin.packet) == bytes.packets)
        // All of these frames have the key from the RFC's examples.
        #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == bytes.rules)
        #expect(try analysis.end.verdict.by == .client && analysis.end.verdict.isClean)
    }

    @Test("The round trip of a Ping before the 101 begins with its own packet")
    func roundTrip() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(Array(TCPConversation.upgradeRequest().utf8) + WireFrame.ping("p", from: .client), from: .client)
        talk.wait(milliseconds: 2999)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendPong("p", from: .server)
        // A millisecond to the response after the wait, and one more to the Pong.
        #expect(try Analysis(talk).end.pingRoundTrip?.min == 3_001_000_000)
    }

    /// The segments in which a client sends its request, a Ping and a text.
    @Test(
        "Bytes after the 101 in its segment come after early frames, and answer them",
        arguments: [[[0, 1, 2]], [[0], [1, 2]], [[0, 1], [2]], [[0], [1], [2]]])
    func answersInSegment(segments: [[Int]]) throws {
        var talk = TCPConversation()
        talk.open()
        let pieces = [
            Array(TCPConversation.upgradeRequest().utf8), WireFrame.ping("p", from: .client),
            WireFrame.text("early", from: .client),
        ]
        for segment in segments { talk.send(segment.flatMap { pieces[$0] }, from: .client) }
        talk.wait(milliseconds: 3000)
        let response = Array(TCPConversation.upgradeResponse().utf8)
        talk.send(
            response + WireFrame.pong("p", from: .server) + WireFrame.text("answer", from: .server), from: .server)
        talk.sendText("in time", from: .client)
        talk.sendClose(1000, from: .client)
        talk.sendClose(1000, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == ["early", "answer", "in time"])
        #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == ["handshake.early-frames"])
        let ping = UInt64(3 + (segments.firstIndex { $0.contains(1) } ?? 0) + 1)
        #expect(analysis.frames.first { $0.frame.header.opcode == .pong }?.answer?.pingPacket == ping)
        #expect(try analysis.end.verdict.unansweredPings == 0)
    }
}

/// Bytes that a server sends after the head of its 101, which has no content (RFC 9110 15.2).
struct BytesAfterAnswer: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The bytes in the segment of the response, after its head.
    var bytes: [UInt8]
    /// The texts of the messages in it.
    var texts: [String] = []
    /// The broken rule.
    var rule: String?

    private static func text(_ text: String) -> [UInt8] { WireFrame.text(text, from: .server) }

    static let all: [BytesAfterAnswer] = [
        BytesAfterAnswer(testDescription: "nothing", bytes: []),
        BytesAfterAnswer(
            testDescription: "an empty line", bytes: Array("\r\n".utf8), rule: "handshake.text-after-head"),
        BytesAfterAnswer(
            testDescription: "an empty line and a frame", bytes: Array("\r\n".utf8) + text("early"), texts: ["early"],
            rule: "handshake.text-after-head"),
        BytesAfterAnswer(
            testDescription: "fields", bytes: Array("X-Late: field\r\nServer: a\r\n\r\n".utf8),
            rule: "handshake.text-after-head"),
        BytesAfterAnswer(
            testDescription: "fields and a frame", bytes: Array("X-Late: field\r\n\r\n".utf8) + text("early"),
            texts: ["early"], rule: "handshake.text-after-head"),
        BytesAfterAnswer(
            testDescription: "a line of a log", bytes: Array("Client 1 connected\n".utf8),
            rule: "handshake.text-after-head"),
        BytesAfterAnswer(
            testDescription: "lines of a log and a frame",
            bytes: Array("GET /chat answered\nClient 1\n".utf8) + text("early"),
            texts: ["early"], rule: "handshake.text-after-head"),
        BytesAfterAnswer(
            testDescription: "a frame with a line feed for its length", bytes: text("ten bytes!"), texts: ["ten bytes!"]
        ),
        BytesAfterAnswer(
            testDescription: "a frame with a carriage return for its length", bytes: text("thirteen byte"),
            texts: ["thirteen byte"]),
        BytesAfterAnswer(
            testDescription: "a frame of lines", bytes: text("\r\n\r\n\r\n"), texts: ["\r\n\r\n\r\n"]),
    ]
}

@Suite("Bytes of the server after the head of its response")
struct BytesAfterAnswerTests {
    /// How the bytes arrive: with the response, in a segment of their own, or one by one.
    enum Way: CaseIterable {
        case together
        case apart
        case oneByOne
    }

    @Test(
        "Text after the head of the 101 is skipped, frames are decoded", arguments: BytesAfterAnswer.all, Way.allCases)
    func after(answer: BytesAfterAnswer, way: Way) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(Array(TCPConversation.upgradeResponse().utf8) + (way == .together ? answer.bytes : []), from: .server)
        if way == .apart, !answer.bytes.isEmpty { talk.send(answer.bytes, from: .server) }
        if way == .oneByOne { for byte in answer.bytes { talk.send([byte], from: .server) } }
        talk.sendText("hello", from: .client)
        talk.sendText("welcome", from: .server)
        talk.sendClose(1000, from: .client)
        talk.sendClose(1000, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == answer.texts + ["hello", "welcome"])
        #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == [answer.rule].compactMap(\.self))
        #expect(analysis.findings.allSatisfy { $0.rule != "handshake.text-after-head" || $0.from == .server })
        #expect(try analysis.end.verdict.by == .client && analysis.end.verdict.isClean)
    }

    @Test("Text after the head of the 101 is a reason to fail the connection", arguments: [false, true])
    func fails(isApart: Bool) throws {
        // What browsers and MQTTX do with an extra empty line.
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse() + (isApart ? "" : "\r\n"), from: .server)
        if isApart { talk.send("\r\n", from: .server) }
        talk.sendClose(1002, "invalid opcode 13", from: .client)
        talk.finish(first: .client)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.by == .client && verdict.failure?.by == .client)
        #expect(verdict.failure?.rule?.id == "handshake.text-after-head")
        #expect(verdict.clientEvent?.code == .abnormalClosure)
    }

    @Test("Text after the head of the 101 is text to its end if no frame follows")
    func onlyText() {
        var talk = TCPConversation()
        talk.openWebSocket()
        for line in ["hello\n", "this is text\n", "and more\n"] { talk.send(line, from: .server) }
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.frames.isEmpty)
        #expect(analysis.rules == ["framing.implausible"])
        #expect(analysis.findings.last?.text.contains("look like text") == true)
    }

    @Test("Another protocol after the head of the 101 is not text of the upgrade")
    func otherProtocol() {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse() + "SSH-2.0-OpenSSH_9.6\r\n", from: .server)
        talk.send("SSH-2.0-OpenSSH_9.6\r\n", from: .client)
        talk.finish(first: .server)
        let rules = Analysis(talk).rules
        #expect(rules.contains("framing.implausible") && !rules.contains("handshake.text-after-head"))
    }
}
