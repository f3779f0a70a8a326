import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

/// Compressed messages that are nearly valid.
///
/// The expected texts come from Python's zlib, which inflated the data followed by 00 00 FF FF (RFC 7692 7.2.2) as far
/// as possible.
struct NearlyDeflate: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The payloads of the server's messages.
    var payloads: [[UInt8]]
    /// What they inflate to.
    var texts: [String]
    /// The broken rules.
    var rules: [String]

    /// "Hello" (RFC 7692 7.2.3.1).
    private static let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    /// "The quick brown fox jumps over the lazy dog", compressed by zlib.
    private static let fox: [UInt8] = [
        0x0a, 0xc9, 0x48, 0x55, 0x28, 0x2c, 0xcd, 0x4c, 0xce, 0x56, 0x48, 0x2a, 0xca, 0x2f, 0xcf, 0x53, 0x48, 0xcb,
        0xaf, 0x50, 0xc8, 0x2a, 0xcd, 0x2d, 0x28, 0x56, 0xc8, 0x2f, 0x4b, 0x2d, 0x52, 0x28, 0x01, 0x4a, 0xe7, 0x24,
        0x56, 0x55, 0x2a, 0xa4, 0xe4, 0xa7, 0x03, 0x00,
    ]

    static let all: [NearlyDeflate] = [
        NearlyDeflate(
            testDescription: "one byte, as Swoole 6 sends it", payloads: [[0x4a]], texts: ["`"],
            rules: ["deflate.unfinished"]),
        NearlyDeflate(
            testDescription: "without the last byte, which holds no symbol", payloads: [Array(hello.dropLast())],
            texts: ["Hello"], rules: ["deflate.unfinished"]),
        NearlyDeflate(
            testDescription: "without the last two bytes", payloads: [Array(fox.dropLast(2))],
            texts: ["The quick brown fox jumps over the lazy dod"], rules: ["deflate.unfinished"]),
        NearlyDeflate(
            testDescription: "without the last four bytes", payloads: [Array(fox.dropLast(4))],
            texts: ["The quick brown fox jumps over the lazy d"], rules: ["deflate.unfinished"]),
        NearlyDeflate(
            testDescription: "without the last nine bytes", payloads: [Array(fox.dropLast(9))],
            texts: ["The quick brown fox jumps over the l"], rules: ["deflate.unfinished"]),
        NearlyDeflate(
            testDescription: "whole", payloads: [fox], texts: ["The quick brown fox jumps over the lazy dog"], rules: []
        ),
        NearlyDeflate(
            testDescription: "a block type that does not exist", payloads: [[0x07, 0x20]], texts: [""],
            rules: ["deflate.broken"]),
    ]
}

@Suite("Compressed data that is nearly valid")
struct NearlyDeflateTests {
    private func talk(_ answer: String, _ payloads: [[UInt8]]) -> TCPConversation {
        let fields = "Sec-WebSocket-Extensions: \(answer)\r\n"
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: fields), from: .client)
        talk.send(TCPConversation.upgradeResponse(fields: fields), from: .server)
        for payload in payloads {
            talk.send(WireFrame(1, payload, from: .server, compressed: true).bytes, from: .server)
        }
        return talk
    }

    @Test("Compressed data that is nearly valid is shown as it inflates, and reported", arguments: NearlyDeflate.all)
    func nearly(data: NearlyDeflate) throws {
        for answer in ["permessage-deflate", "permessage-deflate; server_no_context_takeover"] {
            let analysis = Analysis(talk(answer, data.payloads))
            #expect(analysis.texts == data.texts)
            #expect(analysis.rules == data.rules)
            if data.rules != ["deflate.broken"] {
                #expect(analysis.messages.map(\.message.isComplete) == data.payloads.map { _ in true })
                #expect(analysis.messages.map(\.message.length) == data.texts.map { UInt64($0.utf8.count) })
            }
        }
    }

    @Test(
        "Compressed data that is nearly valid is a reason to fail, unless the end went on or there is a better one"
    )
    func failure() throws {
        for (payloads, rule): ([[UInt8]], String?) in [
            ([[0x4a]], "deflate.unfinished"), ([[0x4a], [0x07, 0x20]], "deflate.broken"),
        ] {
            for code: UInt16 in [1002, 1007] {
                var talk = talk("permessage-deflate; server_no_context_takeover", payloads)
                talk.sendClose(code, from: .client)
                talk.finish(first: .client)
                let verdict = try Analysis(talk).end.verdict
                #expect(verdict.failure?.by == .client && verdict.failure?.rule?.id == rule)
                #expect(verdict.clientEvent?.code == .abnormalClosure)
            }
        }
    }

    @Test("Compressed data that is nearly valid affects no later message if each is compressed on its own")
    func nextMessage() throws {
        let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
        let analysis = Analysis(
            talk("permessage-deflate; server_no_context_takeover", [[0x4a], hello, [0x4a], hello]))
        #expect(analysis.texts == ["`", "Hello", "`", "Hello"])
        #expect(analysis.rules == ["deflate.unfinished", "deflate.unfinished"])
    }
}
