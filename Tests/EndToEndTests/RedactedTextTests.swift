import Foundation
import TestSupport
import Testing

/// Bytes of a connection that are neither heads nor whole frames, each with the word "hidden" if there is room for it.
struct OddBytes: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Bytes that the server sends before the request.
    var banner: [UInt8] = []
    /// Bytes before the request, in its segment.
    var preamble: [UInt8] = []
    /// Bytes that the client sends after its request and before the response.
    var early: [[UInt8]] = []
    /// Bytes after the response, in its segment.
    var afterAnswer: [UInt8] = []
    /// Bytes that the ends send before the last frames, each in a segment.
    var clientBytes: [[UInt8]] = []
    var serverBytes: [[UInt8]] = []
    /// Whether frames and a Close frame follow.
    var goesOn = true

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let frame = WireFrame.text("hidden", from: .client)
    private static let answer = WireFrame.text("hidden", from: .server)

    static let all: [OddBytes] = [
        OddBytes(testDescription: "an empty line behind the response", afterAnswer: bytes("\r\n")),
        OddBytes(testDescription: "an empty line and a frame", afterAnswer: bytes("\r\n") + answer),
        OddBytes(testDescription: "fields", afterAnswer: bytes("X-Hidden: hidden\r\nHidden: a\r\n\r\n")),
        OddBytes(testDescription: "fields and a frame", afterAnswer: bytes("X-Hidden: hidden\r\n\r\n") + answer),
        OddBytes(testDescription: "a log line and a frame", afterAnswer: bytes("12:00 hidden connected\r\n") + answer),
        OddBytes(testDescription: "a log line", afterAnswer: bytes("12:00 hidden connected\n")),
        OddBytes(testDescription: "a request", afterAnswer: bytes("GET /hidden HTTP/1.1\r\n") + answer),
        OddBytes(testDescription: "another response", afterAnswer: bytes("HTTP/1.1 400 hidden\r\n\r\n")),
        OddBytes(testDescription: "another protocol", afterAnswer: bytes("SSH-2.0-hidden_9.6\r\n")),
        OddBytes(testDescription: "JSON", afterAnswer: bytes(#"{"hidden":"hidden"}"#)),
        OddBytes(
            testDescription: "JSON that ends like a string in C", afterAnswer: bytes(#"{"hidden":"hidden"}"# + "\0")),
        OddBytes(
            testDescription: "such JSON and a frame", afterAnswer: bytes(#"{"hidden":"hidden"}"# + "\0") + answer),
        OddBytes(
            testDescription: "such JSON, again and again",
            serverBytes: (0..<3).map { bytes(#"{"hidden":\#($0)}"# + "\0") }, goesOn: false),
        OddBytes(
            testDescription: "JSON in pieces",
            serverBytes: [bytes(#"{"hidden":"#), bytes(#""hidden","#), bytes(#""a":"hidden"}"#)], goesOn: false),
        OddBytes(
            testDescription: "lines of JSON",
            clientBytes: [bytes(#"{"hidden":1}"# + "\n"), bytes(#"{"hidden":2}"# + "\n")], goesOn: false),
        OddBytes(
            testDescription: "JSON in other writing", serverBytes: [bytes(#"{"hidden":"秘密"}"#), answer], goesOn: false),
        OddBytes(
            testDescription: "the response again",
            serverBytes: [bytes(TCPConversation.upgradeResponse(fields: "X-Hidden: hidden\r\n"))]),
        OddBytes(testDescription: "fields behind the request", early: [bytes("X-Hidden: hidden\r\n")]),
        OddBytes(testDescription: "two lines of them", early: [bytes("A: hidden\r\n"), bytes("B: hidden\r\n")]),
        OddBytes(testDescription: "an empty line behind the request", early: [bytes("\r\n")]),
        OddBytes(testDescription: "an empty line and a frame behind the request", early: [bytes("\r\n"), frame]),
        OddBytes(testDescription: "a second request", early: [bytes("GET /hidden HTTP/1.1\r\nHost: hidden\r\n\r\n")]),
        OddBytes(testDescription: "a greeting before the request", preamble: bytes("hidden hello\r\nhidden: more\r\n")),
        OddBytes(testDescription: "a greeting in the line", preamble: bytes("hidden PROXY GET /hidden ")),
        OddBytes(testDescription: "bytes before the request", preamble: [0, 1] + bytes("hidden") + [255]),
        OddBytes(
            testDescription: "the PROXY protocol, and a greeting",
            preamble: bytes("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nhello hidden\r\n")),
        OddBytes(testDescription: "a banner of the server", banner: bytes("220 hidden ESMTP\r\n")),
        OddBytes(testDescription: "a text where frames should be", serverBytes: [bytes("hidden words\r\nhidden\r\n")]),
        OddBytes(testDescription: "a client's text", clientBytes: [bytes("hidden words\r\nhidden\r\n")]),
        OddBytes(
            testDescription: "frames in chunks", serverBytes: [bytes("8\r\n") + answer + bytes("\r\n")], goesOn: false),
        OddBytes(testDescription: "other writing", serverBytes: [bytes("秘密の言葉、hidden")], goesOn: false),
        OddBytes(
            testDescription: "a first frame that is cut", clientBytes: [Array(frame.dropLast(3))], goesOn: false),
        OddBytes(
            testDescription: "a header that is cut", clientBytes: [Array(frame.prefix(4))],
            serverBytes: [Array(answer.prefix(1))], goesOn: false),
        OddBytes(
            testDescription: "a header that comes byte by byte", clientBytes: [[0x85], [0x86], [1], [2, 3], [4, 9]],
            goesOn: false),
        OddBytes(
            testDescription: "a Close frame beyond all limits",
            clientBytes: [WireFrame.close(1000, String(repeating: "hidden", count: 900), from: .client)],
            serverBytes: [WireFrame.close(1000, from: .server)], goesOn: false),
    ]

    /// The conversation.
    var talk: TCPConversation {
        var talk = TCPConversation()
        talk.open()
        if !banner.isEmpty { talk.send(banner, from: .server) }
        talk.send(preamble + Self.bytes(TCPConversation.upgradeRequest()), from: .client)
        for bytes in early { talk.send(bytes, from: .client) }
        talk.send(Self.bytes(TCPConversation.upgradeResponse()) + afterAnswer, from: .server)
        for bytes in clientBytes { talk.send(bytes, from: .client) }
        for bytes in serverBytes { talk.send(bytes, from: .server) }
        if goesOn {
            talk.sendText("hidden hello", from: .client)
            talk.sendText("hidden welcome", from: .server)
            talk.sendClose(1000, from: .client)
            talk.sendClose(1000, from: .server)
        }
        talk.finish(first: .client)
        return talk
    }
}

@Suite("Redacted captures of text in unexpected places")
struct RedactedTextTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    @Test("have the same sessions, frames and findings, and nothing of the text", arguments: OddBytes.all)
    func odd(bytes: OddBytes) throws {
        let input = try folder.write("odd.pcap", bytes.talk.packets.pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", input, "-q", "-o", path]).status == 0)
        let original = try SharedEvents.lines(SharedEvents.events(of: input))
        let redacted = try SharedEvents.lines(SharedEvents.events(of: path))
        #expect(!original.isEmpty && redacted == original)
        let file = try Data(contentsOf: URL(filePath: path))
        #expect(!String(decoding: file, as: UTF8.self).lowercased().contains("hidde"))
    }

    @Test("have the same chunks before a session, and in place of frames", arguments: [false, true])
    func chunks(inPlaceOfFrames: Bool) throws {
        var talk = TCPConversation()
        talk.open()
        let body = "Transfer-Encoding: chunked\r\n\r\n6;a=hidden\r\nhidden\r\n0\r\n\r\n"
        talk.send("POST /hidden HTTP/1.1\r\nHost: a\r\n" + body, from: .client)
        talk.send("HTTP/1.1 200 OK\r\n" + body, from: .server)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        if inPlaceOfFrames {
            talk.send(TCPConversation.upgradeResponse(fields: "Transfer-Encoding: chunked\r\n"), from: .server)
            talk.send(Array("8\r\n".utf8) + WireFrame.text("hidden", from: .server) + [0x0d, 0x0a], from: .server)
        } else {
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            talk.sendText("hidden welcome", from: .server)
        }
        talk.sendClose(1000, from: .client)
        talk.finish(first: .client)
        let input = try folder.write("chunks.pcap", talk.packets.pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", input, "-q", "-o", path]).status == 0)
        let original = try SharedEvents.lines(SharedEvents.events(of: input))
        #expect(original.keys.contains { $0.contains("framing.implausible") } == inPlaceOfFrames)
        #expect(try SharedEvents.lines(SharedEvents.events(of: path)) == original)
        let file = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(!file.lowercased().contains("hidde"))
        #expect(file.contains("\r\n6         \r\n") && file.contains("\r\n0\r\n\r\n"))
    }

    @Test("have their session after the response to a HEAD, even if the response before it was lost")
    func lostAnswer() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send("GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden", from: .server)
        let lost = talk.packets.count - 1
        talk.send("HEAD /hidden HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", from: .server)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("hidden welcome", from: .server)
        talk.sendClose(1000, from: .client)
        talk.finish(first: .client)
        var packets = talk.packets
        packets.remove(at: lost)
        let input = try folder.write("lost.pcap", packets.pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", input, "-q", "-o", path]).status == 0)
        let original = try SharedEvents.lines(SharedEvents.events(of: input))
        #expect(try SharedEvents.lines(SharedEvents.events(of: path)) == original)
    }

    @Test("have their frames in the middle of a session, even if all have one length")
    func oneLength() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        let opening = talk.packets.count
        for number in 100..<140 { talk.sendText("hidden price of \(number), hidden", from: .server) }
        talk.send(Array("hidden words that are no frame".utf8), from: .server)
        talk.finish(first: .server)
        let input = try folder.write("middle.pcap", Array(talk.packets.dropFirst(opening)).pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", input, "-q", "-o", path]).status == 0)
        // They may be found a few packets later.
        let (original, redacted) = (try SharedEvents.events(of: input), try SharedEvents.events(of: path))
        #expect(original.contains { $0["event"] as? String == "resync" })
        #expect(redacted.compactMap { $0["event"] as? String } == original.compactMap { $0["event"] as? String })
        let file = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(!file.contains("hidde"))
    }
}
