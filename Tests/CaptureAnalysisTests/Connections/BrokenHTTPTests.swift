import CaptureAnalysis
import TestSupport
import Testing

/// An exchange before an upgrade on the same connection, for which HTTP does not state the end, or states it wrongly.
struct BrokenExchange: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var request = "GET /first HTTP/1.1\r\nHost: h\r\n\r\n"
    var response: String

    /// The framing fields of a response (RFC 9112 6.3), and the body that follows.
    private static let framings: [(String, String, String)] = [
        ("lengths that disagree", "Content-Length: 5\r\nContent-Length: 6", "hello"),
        ("a negative length", "Content-Length: -1", "hello"),
        ("a length with a sign", "Content-Length: +5", "hello"),
        ("a length beyond 64 bits", "Content-Length: 18446744073709551621", "hello"),
        ("the greatest length", "Content-Length: 18446744073709551615", "hello"),
        ("a length in hexadecimal", "Content-Length: 0x5", "hello"),
        ("an empty length", "Content-Length:", "hello"),
        ("a length too short", "Content-Length: 4", "hello"),
        ("a length that takes in part of the answer", "Content-Length: 9", "hello"),
        ("a length that takes in the whole answer", "Content-Length: 400", "hello"),
        ("no length", "X: y", ""),
        ("another transfer coding", "Transfer-Encoding: identity\r\nContent-Length: 5", "hello"),
        ("a chunk beyond 64 bits", "Transfer-Encoding: chunked", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        ("a chunk of the greatest length", "Transfer-Encoding: chunked", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        ("a negative chunk", "Transfer-Encoding: chunked", "-5\r\nhello\r\n0\r\n\r\n"),
        ("a chunk too short", "Transfer-Encoding: chunked", "4\r\nhello\r\n0\r\n\r\n"),
        ("chunks without an end", "Transfer-Encoding: chunked", "5\r\nhello\r\n"),
        ("an end of chunks that is cut", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n"),
    ]

    static let all: [BrokenExchange] =
        framings.map { name, fields, body in
            BrokenExchange(
                testDescription: "a response with \(name)", response: "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n\(body)")
        }
        + framings.filter { $0.0.contains("64 bits") || $0.0.contains("sign") || $0.0.contains("negative") }
        .map { name, fields, body in
            BrokenExchange(
                testDescription: "a request with \(name)",
                request: "POST /first HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(body)",
                response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        + [
            BrokenExchange(
                testDescription: "a request shorter than its length",
                request: "POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\nhello",
                response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        ]
        + ["Content-Length: 5", "Content-Length: -5", "Transfer-Encoding: chunked"].map {
            BrokenExchange(
                testDescription: "CONNECT with \($0)", request: "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\($0)\r\n\r\n",
                response: "HTTP/1.1 200 Connection established\r\n\r\n")
        }
}

@Suite("HTTP that cannot be followed before an upgrade hides no session")
struct BrokenHTTPTests {
    @Test("A session after an exchange whose stated end is wrong", arguments: BrokenExchange.all)
    func exchange(before: BrokenExchange) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(before.request, from: .client)
        talk.send(before.response, from: .server)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        try Self.expectSession(&talk)
    }

    @Test(
        "An upgrade request with a body that its fields do not frame",
        arguments: [
            "Content-Length: -1", "Content-Length: 0\r\nContent-Length: 4", "Content-Length: 99999999999999999999",
            "Transfer-Encoding: chunked", "Transfer-Encoding: gzip",
        ])
    func request(fields: String) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(
            TCPConversation.upgradeRequest().replacing("\r\n\r\n", with: "\r\n\(fields)\r\n\r\n"), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        try Self.expectSession(&talk)
    }

    /// Lengths in a binary PROXY protocol header (2.2) whose addresses take 12 bytes.
    @Test(
        "A length in a PROXY protocol head that includes the request", arguments: [13, 36, 150, 1000, 65_535],
        [false, true])
    func proxyHeader(length: Int, isApart: Bool) throws {
        var head = Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x21, 0x11, UInt8(length >> 8), UInt8(length & 0xff)]
        head += [10, 0, 0, 9, 10, 0, 0, 2, 0xd6, 0xd8, 0x1f, 0x90]
        let request = Array(TCPConversation.upgradeRequest().utf8)
        var talk = TCPConversation()
        talk.open()
        if isApart { talk.send(head, from: .client) }
        talk.send(isApart ? request : head + request, from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        try Self.expectSession(&talk)
    }

    /// A 101 in a body, with an Accept that proves nothing.
    @Test("A quoted 101 begins no session")
    func quotation() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n" + TCPConversation.upgradeRequest(), from: .client)
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", from: .server)
        let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        talk.send(TCPConversation.upgradeResponse().replacing(accept, with: "x" + accept.dropFirst()), from: .server)
        talk.sendText("no frame", from: .server)
        talk.finish(first: .server)
        #expect(Analysis(talk).frames.isEmpty)
    }

    /// A body of the right length, with a segment that begins with a 101.
    @Test("A 101 without an Accept that a body quotes hides no session")
    func quotationWithoutAccept() throws {
        let quoted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n and more"
        var talk = TCPConversation()
        talk.open()
        talk.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n", from: .client)
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: \(quoted.utf8.count)\r\n\r\n", from: .server)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(quoted, from: .server)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        try Self.expectSession(&talk)
    }

    private static func expectSession(_ talk: inout TCPConversation) throws {
        talk.sendText("hello", from: .client)
        talk.sendText("world", from: .server)
        talk.sendClose(1000, from: .client)
        talk.sendClose(1000, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == ["hello", "world"])
        #expect(analysis.handshakes.last?.isAcceptValid == true && analysis.handshakes.count == 1)
        #expect(try analysis.end.verdict.by == .client && analysis.end.verdict.isClean)
    }
}
