import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("An upgrade that no Sec-WebSocket-Accept proves (RFC 6455 4.2.2)")
struct UnprovenUpgradeTests {
    /// A conversation after a 101 without Sec-WebSocket-Accept, or with a valid one.
    private static func talk(isProven: Bool = false) -> TCPConversation {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        let field = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        talk.send(TCPConversation.upgradeResponse().replacing(field, with: isProven ? field : ""), from: .server)
        return talk
    }

    /// Bytes that are not frames, who sends them first, and their name in the finding.
    private static let foreignBytes: [(String, [UInt8], ExpectedMessage.Sender, String?)] = [
        ("SSH", Array("SSH-2.0-OpenSSH_9.6\r\n".utf8), .client, "SSH"),
        ("SSH of the server", Array("SSH-2.0-OpenSSH_9.6\r\n".utf8), .server, "SSH"),
        ("TLS", [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3], .client, "TLS"),
        ("HTTP", Array("HTTP/1.1 502 Bad Gateway\r\n\r\n".utf8), .server, "HTTP"),
        ("JSON lines", Array("{\"a\":1}\n{\"a\":2}\n".utf8), .client, "JSON"),
        ("noise", [0x3c, 0x91, 0xe4, 0x07, 0x55, 0xab, 0xc8, 0x12], .client, nil),
        ("zeros", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .server, nil),
        ("records with their length in 16 bits", [0, 5, 1, 2, 3, 4, 5], .client, nil),
    ]

    @Test("Bytes of another protocol are not frames, and are named", arguments: foreignBytes)
    func foreign(what: String, bytes: [UInt8], sender: ExpectedMessage.Sender, name: String?) {
        var talk = Self.talk()
        for _ in 0..<3 { talk.send(bytes, from: sender) }
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.frames.isEmpty, "\(what)")
        #expect(analysis.rules == ["handshake.accept-missing", "framing.implausible"])
        #expect(name.map { analysis.findings[1].text.contains("look like \($0)") } ?? true)
    }

    @Test(
        "Bytes of another protocol stop a proven session, without an invented Close", arguments: foreignBytes.prefix(5))
    func foreignAfterProof(what: String, bytes: [UInt8], sender: ExpectedMessage.Sender, name: String?) {
        var talk = Self.talk(isProven: true)
        talk.sendText("a frame", from: sender)
        for _ in 0..<3 { talk.send(bytes, from: sender) }
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == ["a frame"], "\(what)")
        #expect(analysis.frames.count == 1)
        #expect(analysis.rules == ["framing.implausible"])
    }

    /// True frames, if only a few.
    private static let trueFrames: [(String, [WireFrame])] = [
        ("a short text", [WireFrame(1, Array("ok".utf8), from: .server)]),
        ("a masked text", [WireFrame(1, Array("ok".utf8), from: .client)]),
        ("both", [WireFrame(1, Array("ok".utf8), from: .client), WireFrame(1, Array("ok".utf8), from: .server)]),
        ("a Close", [WireFrame(8, [3, 0xe8], from: .server)]),
        ("Pings", [WireFrame(9, [], from: .server), WireFrame(9, [], from: .server)]),
        ("a long text", [WireFrame(1, [UInt8](repeating: 0x61, count: 90_000), from: .server)]),
    ]

    @Test("Frames are believed, and nothing of them is inferred", arguments: trueFrames)
    func believed(what: String, frames: [WireFrame]) {
        var talk = Self.talk()
        for frame in frames {
            for start in stride(from: 0, to: frame.bytes.count, by: 1400) {
                talk.send(
                    Array(frame.bytes[start..<min(start + 1400, frame.bytes.count)]),
                    from: frame.maskingKey == nil ? .server : .client)
            }
        }
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.frames.count == frames.count, "\(what)")
        #expect(analysis.frames.allSatisfy { !$0.isInferred })
        #expect(analysis.resyncs.isEmpty)
        #expect(!analysis.rules.contains("framing.implausible"))
    }

    /// A conversation whose upgrade request or response the capture lacks.
    private static func talk(withoutRequest isRequestMissing: Bool, compresses: Bool = false) -> TCPConversation {
        var talk = TCPConversation()
        talk.open()
        let fields = compresses ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""
        let request = TCPConversation.upgradeRequest(fields: fields)
        let response = TCPConversation.upgradeResponse(fields: fields)
        if isRequestMissing {
            talk.acknowledge(from: .server)
            talk.lose(request.utf8.count, from: .client)
            talk.send(response, from: .server)
            talk.acknowledge(from: .client)
        } else {
            talk.send(request, from: .client)
            talk.lose(response.utf8.count, from: .server)
            talk.acknowledge(from: .client)
        }
        return talk
    }

    /// All of an end's bytes, of which there are few, and the number of frames in them.
    private static let fewBytes: [(String, [UInt8], Int)] = [
        ("a text", WireFrame.text("ok", from: .server), 1), ("a Close frame", [0x88, 0], 1), ("a Ping", [0x89, 0], 1),
        ("the beginning of a text", Array(WireFrame.text("it goes on and on", from: .server).prefix(12)), 0),
    ]

    @Test("Few frames are believed after a 101 whose request is missing, if it has an Accept", arguments: fewBytes)
    func requestMissing(what: String, bytes: [UInt8], count: Int) {
        for ends in [false, true] {
            var talk = Self.talk(withoutRequest: true)
            talk.send(bytes, from: .server)
            if ends { talk.finish(first: .server) }
            let analysis = Analysis(talk)
            #expect(analysis.frames.count == count, "\(what)")
            #expect(!analysis.rules.contains("framing.implausible"))
        }
    }

    @Test("Bytes of another protocol are not frames there either", arguments: foreignBytes)
    func foreignWithoutRequest(what: String, bytes: [UInt8], sender: ExpectedMessage.Sender, name: String?) {
        var talk = Self.talk(withoutRequest: true)
        for _ in 0..<3 { talk.send(bytes, from: .server) }
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.frames.isEmpty && analysis.rules.contains("framing.implausible"), "\(what)")
    }

    /// A few frames of a client with a random key.
    private static let clientFrames: [(String, [(UInt8, String)])] = [
        ("a text", [(1, "ok")]), ("a Ping", [(9, "")]), ("a Close frame", [(8, "")]), ("two", [(1, "ok"), (8, "")]),
    ]

    @Test(
        "Few frames right after a request show that it was accepted, though the answer is missing",
        arguments: clientFrames)
    func answerMissing(what: String, frames: [(opcode: UInt8, text: String)]) throws {
        var talk = Self.talk(withoutRequest: false)
        for (number, content) in frames.enumerated() {
            var frame = WireFrame(content.opcode, Array(content.text.utf8), from: .client)
            frame.maskingKey = (UInt32(number + 1) &* 0x9e37_79b9).bigEndianBytes
            talk.send(frame.bytes, from: .client)
            talk.acknowledge(from: .server)
        }
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.handshakes.map(\.isAccepted) == [true] && analysis.handshakes.map(\.isAnswerMissing) == [true])
        #expect(analysis.frames.count == frames.count && analysis.frames.allSatisfy { !$0.isInferred }, "\(what)")
        #expect(try analysis.end.verdict.clientEvent == nil)
    }

    @Test("Other bytes there show no session", arguments: foreignBytes)
    func foreignWithoutAnswer(what: String, bytes: [UInt8], sender: ExpectedMessage.Sender, name: String?) {
        var talk = Self.talk(withoutRequest: false)
        for _ in 0..<3 { talk.send(bytes, from: .client) }
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.frames.isEmpty && analysis.handshakes.allSatisfy { !$0.isAccepted }, "\(what)")
    }

    /// All that an end sends, which by chance has the form of a frame or of the start of one.
    private static let lookalikes: [(String, ExpectedMessage.Sender, [UInt8])] = [
        ("two arrays in CBOR", .client, [0x82, 0x83, 5, 14, 22, 3, 0x63] + Array("di".utf8)),
        ("samples of sound", .client, [0x82, 0x84, 0x84, 0x84, 0x84, 0x84, 0x83, 0x84, 0x83, 0x83]),
        ("a map in MessagePack", .client, [0x82, 0xa2] + Array("id".utf8) + [0xcb, 0x3f] + [UInt8](0x81...0xa2)),
        ("a map in MessagePack", .server, [0x82, 0xa6] + Array("method".utf8) + [0xaa] + Array("Program. a".utf8)),
        ("one as long as a frame", .server, [0x82, 0xa2] + Array("op".utf8) + [0xcb, 0x3f] + [UInt8](0x81...0xa2)),
        ("a text in MessagePack", .server, [0x82, 0x48, 0xad] + Array("which section".utf8) + [0x3c, 0x77]),
        ("plain text, as of a compressed fragment", .server, Array("Aramaic, Official (700-300 BCE)".utf8)),
        ("text in code page 437", .server, Array("Bilddatei ".utf8) + [0xc8, 0x25, 0x73, 0xc7] + Array(" enth".utf8)),
        ("equal bytes", .server, [UInt8](repeating: 0x81, count: 6)),
        ("Diameter", .server, [1, 0, 0, 0x58, 0xc0, 0x13, 0x9e, 0x3d, 0x2f, 0x94, 0x67, 0x96]),
    ]

    @Test("Bytes that look like a frame by chance show no session", arguments: lookalikes)
    func lookalike(what: String, sender: ExpectedMessage.Sender, bytes: [UInt8]) {
        var talk = Self.talk(withoutRequest: sender == .server, compresses: true)
        talk.send(bytes, from: sender)
        // Text is recognised even if more may follow.
        if bytes[0] >= 0x80 || bytes[0] < 0x20 { talk.finish(first: sender) }
        let analysis = Analysis(talk)
        #expect(analysis.frames.isEmpty && analysis.messages.isEmpty, "\(what)")
    }

    @Test("Records that would be a server's frames show no session where the client sends them")
    func unmaskedFramesOfClient() {
        for pieces in [1, 100] {
            var chance = SeededGenerator("UnprovenUpgradeTests.unmaskedFramesOfClient")
            var talk = Self.talk(withoutRequest: false)
            var records: [UInt8] = []
            for _ in 0..<100 {
                let contents = (0..<Int.random(in: 126...700, using: &chance)).map { _ in
                    UInt8.random(in: 0...255, using: &chance)
                }
                records += WireFrame(2, contents, from: .server).bytes
            }
            let size = records.count / pieces
            for start in stride(from: 0, to: records.count, by: size) {
                talk.send(Array(records[start..<min(start + size, records.count)]), from: .client)
                talk.acknowledge(from: .server)
            }
            talk.finish(first: .client)
            let analysis = Analysis(talk)
            #expect(analysis.frames.isEmpty && analysis.handshakes.allSatisfy { !$0.isAccepted })
        }
    }

    @Test("An end that gives the reason for failing has closed first, whatever the other one's undecoded bytes hold")
    func failedFirst() throws {
        // Two writers: a frame's payload comes before its header.
        var talk = TCPConversation()
        talk.openWebSocket()
        let frame = WireFrame.text(#"{"key":"a value that is long enough"}"#, from: .server)
        talk.sendText("one", from: .server)
        talk.send(Array(frame.dropFirst(2)), from: .server)
        talk.send(Array(frame.prefix(2)), from: .server)
        talk.sendClose(1002, from: .client)
        talk.finish(first: .client)
        let analysis = Analysis(talk.packets)
        #expect(analysis.rules == ["framing.implausible"])
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .client && verdict.layer == .closeFrame)
        #expect(verdict.failure?.by == .client && verdict.failure?.rule?.id == "framing.implausible")
    }
}
