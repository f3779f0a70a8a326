import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

/// Bytes that an end sends right after the upgrade.
struct StreamBeginning: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var sender = ExpectedMessage.Sender.server
    /// Further fields of the response.
    var fields = ""
    /// The segments.
    var segments: [[UInt8]]
    /// The name in the finding; nil if there is none.
    var name: String?

    /// A message of a protocol whose header has a type, two numbers and a length of 32 bits each.
    private static func message(_ type: UInt8, _ text: String) -> [UInt8] {
        [type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array(String(bytes.count, radix: 16).utf8) + [13, 10] + bytes + [13, 10]
    }

    private static let chunked = "Transfer-Encoding: chunked\r\n"

    static let foreign: [StreamBeginning] = [
        // VS Code with skipWebSocketFrames=true.
        StreamBeginning(
            testDescription: "a binary protocol of the client", sender: .client,
            segments: [message(2, #"{"type":"auth","auth":"0000"}"#), message(1, "request")]),
        StreamBeginning(
            testDescription: "a binary protocol of the server",
            segments: [message(2, #"{"type":"sign","data":"1a2b"}"#), message(1, "answer")]),
        // MQTT 3.1.1 3.1, 3.2: the client's name is "c".
        StreamBeginning(
            testDescription: "CONNECT of MQTT", sender: .client,
            segments: [[0x10, 13, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 1, 0x63]], name: "MQTT"),
        StreamBeginning(testDescription: "CONNACK of MQTT", segments: [[0x20, 2, 0, 0]], name: "MQTT"),
        // RFC 6143 7.1.1.
        StreamBeginning(
            testDescription: "ProtocolVersion of RFB", segments: [Array("RFB 003.008\n".utf8)], name: "RFB"),
        // RFC 4253 4.2.
        StreamBeginning(
            testDescription: "the version of SSH", segments: [Array("SSH-2.0-OpenSSH_9.6\r\n".utf8)], name: "SSH"),
        StreamBeginning(
            testDescription: "frames of hixie-76",
            segments: (0..<3).map { [0] + Array("hello from php \($0)".utf8) + [0xff] }, name: "hixie-76"),
        // RFC 9112 7.1.
        StreamBeginning(
            testDescription: "frames in chunks", fields: chunked,
            segments: (0..<3).map { chunk(WireFrame.text("text \($0)", from: .server)) }, name: "HTTP chunks"),
        StreamBeginning(
            testDescription: "frames in chunks, in three pieces", fields: chunked,
            segments: [Array("7\r\n".utf8), WireFrame.text("hello", from: .server), [13, 10]], name: "HTTP chunks"),
    ]

    static let frames: [StreamBeginning] = [
        // Autobahn 6.1.2.
        StreamBeginning(testDescription: "empty fragments", segments: [[0x01, 0, 0, 0, 0x80, 0]]),
        StreamBeginning(
            testDescription: "the last chunk, and frames", fields: chunked,
            segments: [
                Array("0\r\n\r\n".utf8), WireFrame.text("", from: .server),
            ]),
        StreamBeginning(
            testDescription: "a frame behind Transfer-Encoding", fields: chunked,
            segments: [WireFrame.text("", from: .server)]),
        // Autobahn 5.2: the first byte of a Pong without FIN is a line feed.
        StreamBeginning(
            testDescription: "a Pong without FIN whose payload is a line, and a frame",
            segments: [[0x0a, 6] + Array("frag 1".utf8), WireFrame.text("", from: .server)]),
        // Autobahn 5.9: a continuation of nothing.
        StreamBeginning(
            testDescription: "a continuation without FIN of one byte, and a frame", sender: .client,
            segments: [[0x00, 0x81, 1, 2, 3, 4, 0x61 ^ 1], WireFrame.text("", from: .client)]),
        StreamBeginning(
            testDescription: "a frame behind text that begins almost like another protocol",
            segments: [Array("SSL is on\n".utf8), WireFrame.text("", from: .server)]),
    ]
}

@Suite("Bytes in place of the first frame")
struct StreamBeginningTests {
    private func analysis(_ beginning: StreamBeginning, oneByOne: Bool = false) -> Analysis {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(fields: beginning.fields), from: .server)
        for segment in beginning.segments {
            if oneByOne {
                for byte in segment { talk.send([byte], from: beginning.sender) }
            } else {
                talk.send(segment, from: beginning.sender)
            }
        }
        talk.send(WireFrame.close(1002, from: beginning.sender.peer), from: beginning.sender.peer)
        talk.finish(first: beginning.sender.peer)
        return Analysis(talk)
    }

    @Test(
        "The first bytes of a stream are not a frame if they are another protocol", arguments: StreamBeginning.foreign,
        [false, true])
    func foreign(beginning: StreamBeginning, oneByOne: Bool) throws {
        let analysis = analysis(beginning, oneByOne: oneByOne)
        let sender: Role = beginning.sender == .client ? .client : .server
        #expect(analysis.frames.allSatisfy { $0.from != sender })
        let reported = analysis.findings.filter { $0.rule == "framing.implausible" }
        #expect(reported.map(\.from) == [sender])
        #expect(reported.first?.text.contains(beginning.name.map { "look like \($0);" } ?? "not a frame") == true)
        guard !["MQTT", "RFB"].contains(beginning.name) else { return }
        // The other end speaks WebSocket, and failed the connection.
        #expect(try analysis.end.verdict.failure?.by == sender.peer)
    }

    @Test(
        "Bytes in place of frames leave open what their sender sent after them",
        arguments: ExpectedMessage.Sender.allCases)
    func hidden(sender: ExpectedMessage.Sender) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(Array("SSH-2.0-x\r\n".utf8), from: sender)
        talk.send(WireFrame.text("after all", from: sender), from: sender)
        talk.send(WireFrame.ping("?", from: sender.peer), from: sender.peer)
        talk.send(WireFrame.pong("?", from: sender), from: sender)
        talk.wait(milliseconds: 5000)
        talk.send(WireFrame.close(1000, from: sender.peer), from: sender.peer)
        talk.send(WireFrame.close(1000, from: sender), from: sender)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == ["framing.implausible"])
        let verdict = try analysis.end.verdict
        #expect(verdict.unansweredPings == 0 && verdict.uncertainPings == 1)
    }

    @Test(
        "The first bytes of a stream are a frame if they can be one", arguments: StreamBeginning.frames, [false, true])
    func frames(beginning: StreamBeginning, oneByOne: Bool) {
        let analysis = analysis(beginning, oneByOne: oneByOne)
        #expect(analysis.texts == [""])
        #expect(!analysis.rules.contains("framing.implausible"))
    }

    @Test(
        "A byte that no frame begins with is skipped: the NUL that ends a string in C, a line feed, a space",
        arguments: ExpectedMessage.Sender.allCases, [0x00, 0x04, 0x0a, 0x20] as [UInt8])
    func strayByte(sender: ExpectedMessage.Sender, byte: UInt8) throws {
        let frames = [WireFrame.text("hello", from: sender), WireFrame.text("again", from: sender)]
        // With the frames, alone, or with the head.
        for segments in [[[byte] + frames[0], frames[1]], [[byte], frames[0], frames[1]]] {
            for oneByOne in [false, true] {
                let analysis = analysis(
                    StreamBeginning(testDescription: "", sender: sender, segments: segments), oneByOne: oneByOne)
                #expect(analysis.texts == ["hello", "again"])
                #expect(analysis.rules.filter { $0 != "masking.repeated-key" }.first == "handshake.text-after-head")
                #expect(!analysis.rules.contains("framing.implausible"))
            }
        }
    }

    static let strayRuns: [[UInt8]] = [
        [0, 0], [0, 0, 0], [0, 0, 0, 0], [0x0d, 0x0a], [0x0a, 0x0a], [0x20, 0x20], [0x0d, 0x0a, 0], [0, 0x0d, 0x0a],
        // Of hixie-76.
        [0xff], [0xff, 0xff], [0xff, 0],
    ]

    @Test("So are two to four that end strings, lines or frames of drafts", arguments: strayRuns, [0, 1, 5, 130])
    func strayRun(run: [UInt8], length: Int) throws {
        for sender in ExpectedMessage.Sender.allCases {
            let texts = [String(repeating: "x", count: length), "again"]
            let frames = texts.map { WireFrame.text($0, from: sender) }
            for segments in [[run + frames[0], frames[1]], [run, frames[0], frames[1]]] {
                for oneByOne in [false, true] {
                    let analysis = analysis(
                        StreamBeginning(testDescription: "", sender: sender, segments: segments), oneByOne: oneByOne)
                    #expect(analysis.texts == texts)
                    #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == ["handshake.text-after-head"])
                }
            }
        }
    }

    @Test(
        "So is text that ends like a string in C, with NULs",
        arguments: ["hello\r\n\0", "welcome\0", "X-Late: field\r\n\r\n\0", "ok\n\0\0", "ok\r\n\0\0\0\0"],
        ExpectedMessage.Sender.allCases)
    func string(text: String, sender: ExpectedMessage.Sender) {
        let text = Array(text.utf8)
        let frames = [WireFrame.text("hello", from: sender), WireFrame.text("again", from: sender)]
        for segments in [[text + frames[0], frames[1]], [text, frames[0], frames[1]], [text]] {
            for oneByOne in [false, true] {
                let analysis = analysis(
                    StreamBeginning(testDescription: "", sender: sender, segments: segments), oneByOne: oneByOne)
                #expect(analysis.texts == (segments == [text] ? [] : ["hello", "again"]))
                #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == ["handshake.text-after-head"])
            }
        }
    }

    @Test(
        "So is JSON that ends like one, if a frame follows; else it is another protocol",
        arguments: [#"{"device":"esp32"}"#, #"["a","b"]"#, "{}"], [1, 2])
    func jsonString(text: String, terminators: Int) {
        let text = Array(text.utf8) + [0, 0].prefix(terminators)
        for sender in ExpectedMessage.Sender.allCases { checkJSON(text, sender) }
    }

    private func checkJSON(_ text: [UInt8], _ sender: ExpectedMessage.Sender) {
        let frames = [WireFrame.text("hello", from: sender), WireFrame.text("again", from: sender)]
        for segments in [[text + frames[0], frames[1]], [text, frames[0], frames[1]], [text], [text, text]] {
            for oneByOne in [false, true] {
                let analysis = analysis(
                    StreamBeginning(testDescription: "", sender: sender, segments: segments), oneByOne: oneByOne)
                let isText = segments.contains(frames[1])
                #expect(analysis.texts == (isText ? ["hello", "again"] : []))
                #expect(
                    analysis.rules.filter { $0 != "masking.repeated-key" }
                        == [isText ? "handshake.text-after-head" : "framing.implausible"])
                #expect(isText || analysis.findings[0].text.contains("look like JSON"))
            }
        }
    }

    @Test("So is the response to the upgrade if it comes twice, and frames follow", arguments: [1, 2], [false, true])
    func repeatedAnswer(copies: Int, oneByOne: Bool) {
        let answer = Array(TCPConversation.upgradeResponse().utf8)
        let frames = [WireFrame.text("hello", from: .server), WireFrame.text("again", from: .server)]
        for rest in [frames, []] {
            let segments = Array(repeating: answer, count: copies) + rest
            let analysis = analysis(
                StreamBeginning(testDescription: "", sender: .server, segments: segments), oneByOne: oneByOne)
            #expect(analysis.texts == (rest.isEmpty ? [] : ["hello", "again"]))
            #expect(analysis.rules == [rest.isEmpty ? "framing.implausible" : "handshake.text-after-head"])
        }
    }

    @Test(
        "The bytes after the first two frames distinguish a stray byte from a header",
        arguments: [0x00, 0x09, 0x0a] as [UInt8])
    func strayOrHeader(byte: UInt8) {
        // As part of a header, the byte begins a frame of one byte; as a stray byte, it precedes a text that another
        // one follows.
        for key in [[0x81, 2, 3, 4], [0xfe, 2, 3, 4], [0x85, 0x81, 0x81, 0x81]] as [[UInt8]] {
            let odd = [byte, 0x81] + key + [0x21]
            for next in [WireFrame.text("next", from: .client), [0x81, 4] + Array("next".utf8)] {
                let analysis = analysis(
                    StreamBeginning(testDescription: "", sender: .client, segments: [odd + next, next]))
                #expect(analysis.frames.filter { $0.from == .client }.count == 3)
                #expect(analysis.texts == ["next", "next"] && !analysis.rules.contains("handshake.text-after-head"))
            }
        }
        for (length, key) in [(0, 0x91), (1, 0x91), (7, 0x80)] as [(Int, UInt8)] {
            let text = String(repeating: "x", count: length)
            let first =
                [byte, 0x81, 0x80 | UInt8(length), key, 0x80, 0x81, 0x82]
                + zip(text.utf8, (0..<length).map { [key, 0x80, 0x81, 0x82][$0 & 3] }).map { $0 ^ $1 }
            let analysis = analysis(
                StreamBeginning(
                    testDescription: "", sender: .client, segments: [first, WireFrame.text("again", from: .client)]))
            #expect(analysis.texts == [text, "again"] && analysis.rules.first == "handshake.text-after-head")
        }
    }

    @Test(
        "A control frame in fragments, as the Autobahn suite sends it, begins with no stray byte", arguments: [9, 10])
    func fragmentedControlFrame(opcode: UInt8) throws {
        // Cases 5.1 and 5.2: a fragment of nine bytes, and its continuation.
        let first =
            [opcode, 0x89, 0xc2, 0xb2, 0xbd, 0x89]
            + zip("fragment1".utf8, 0...).map { byte, index in
                byte ^ [0xc2, 0xb2, 0xbd, 0x89][index & 3]
            }
        let rest = WireFrame(0, Array("fragment2".utf8), from: .client).bytes
        for segments in [[first + rest], [first, rest]] {
            let analysis = analysis(StreamBeginning(testDescription: "", sender: .client, segments: segments))
            #expect(analysis.frames.filter { $0.from == .client }.map(\.frame.header.opcode.rawValue) == [opcode, 0])
            #expect(
                analysis.rules.contains("control.fragmented") && !analysis.rules.contains("handshake.text-after-head"))
        }
    }

    @Test("Stray bytes alone are not a frame", arguments: [[0], [0, 0], [0x20, 0x20, 0x20], [0xff]] as [[UInt8]])
    func strayBytesAlone(bytes: [UInt8]) {
        let analysis = analysis(StreamBeginning(testDescription: "", sender: .client, segments: [bytes]))
        #expect(analysis.rules == ["handshake.text-after-head"] && analysis.frames.count == 1)
    }

    @Test("Bytes of the server before its response are reported")
    func beforeResponse() throws {
        for isAsked in [false, true] {
            var talk = TCPConversation()
            talk.open()
            if isAsked { talk.send(TCPConversation.upgradeRequest(), from: .client) }
            talk.send(WireFrame.text("welcome", from: .server), from: .server)
            if !isAsked { talk.send(TCPConversation.upgradeRequest(), from: .client) }
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            talk.finish(first: .client)
            let analysis = Analysis(talk)
            #expect(analysis.rules == ["handshake.early-frames"])
            #expect(analysis.findings.map(\.from) == [.server])
            #expect(try analysis.end.verdict.failure?.by == .client)
        }
    }

    @Test("Rules that a request breaks are reported even if it gets no response")
    func unanswered() {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest().replacing("HTTP/1.1", with: "HTTP/1.0"), from: .client)
        talk.reset(from: .server)
        #expect(Analysis(talk).rules == ["handshake.http-version"])
    }
}
