import HTTPUpgrade
import WireFormat

/// Conversations that every test of splitting and mixing uses.
let conversations: [Conversation] = plain + bodies + tunnels + others

/// The number of bytes of a text on the wire.
func length(_ text: String) -> Int { wire(text).count }

private let requested = "requested /chat at \(length(upgrade))"
private let opened = "accepted 101 at \(length(accepted))"

/// Any exchange before the upgrade of RFC 6455 1.3.
private func before(_ name: String, _ request: String, _ response: String) -> Conversation {
    Conversation(
        name, [c(request), s(response), c(upgrade), s(accepted), c(maskedHello), s(hello)],
        [
            "requested /chat at \(length(request + upgrade))",
            "accepted 101 at \(length(response + accepted))",
        ])
}

private let get = "GET / HTTP/1.1\nHost: a\n\n"
private let interim = "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nLink: </a>\n\n"
private let unauthorized = "HTTP/1.1 401 Unauthorized\nContent-Length: 4\nWWW-Authenticate: Basic\n\n"
private let twoAnswers = "HTTP/1.1 204 No Content\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok"
private let toH2C = "HTTP/1.1 101 OK\nUpgrade: h2c\n\n"

private let plain: [Conversation] = [
    Conversation(
        "an upgrade and frames", [c(upgrade), s(accepted), s(hello), c(maskedHello)], [requested, opened]),
    Conversation(
        "an answer captured before its request", [s(accepted), s(hello), c(upgrade), c(maskedHello)],
        [requested, opened]),
    Conversation(
        "frames in the piece of the request", [c(wire(upgrade) + maskedHello), s(wire(accepted) + hello)],
        [requested, opened]),
    Conversation(
        "empty lines before the request", [c("\n\n" + upgrade), s(accepted)],
        ["requested /chat at \(length(upgrade) + 4)", opened]),
    Conversation(
        "bare line feeds",
        [c(Array(upgrade.utf8)), s(Array(accepted.utf8)), s(hello)],
        ["requested /chat at \(upgrade.utf8.count)", "accepted 101 at \(accepted.utf8.count)"]),
    Conversation(
        "100 and 103 before 101",
        [c(upgrade), s(interim + accepted), s(hello)],
        [
            requested,
            "accepted 101 at \(length(interim + accepted))",
        ]),
    Conversation(
        "refused with 401, then accepted on the same connection",
        [
            c(upgrade), s(unauthorized + "nope"),
            c(upgrade), s(accepted), c(maskedHello),
        ],
        [
            requested,
            "refused 401 at \(length(unauthorized))",
            "requested /chat at \(2 * length(upgrade))",
            "accepted 101 at \(length(unauthorized + "nope" + accepted))",
        ]),
    Conversation(
        "refused with 426", [c(upgrade), s("HTTP/1.1 426 Upgrade Required\nContent-Length: 0\n\n")],
        [requested, "refused 426 at \(length("HTTP/1.1 426 Upgrade Required\nContent-Length: 0\n\n"))"]),
    Conversation(
        "refused with 200, read until close", [c(upgrade), s("HTTP/1.1 200 OK\n\n" + accepted)],
        [requested, "refused 200 at \(length("HTTP/1.1 200 OK\n\n"))"]),
    Conversation(
        "pipelined before the upgrade",
        [
            c(get + get + upgrade),
            s(twoAnswers + accepted), s(hello),
        ],
        [
            "requested /chat at \(length(get + get + upgrade))",
            "accepted 101 at \(length(twoAnswers + accepted))",
        ]),
    Conversation(
        "an upgrade request with a body",
        [
            c(upgrade.replacing("\n\n", with: "\nContent-Length: 5\n\n") + "12345"), s(accepted), c(maskedHello),
        ],
        ["requested /chat at \(length(upgrade) + length("Content-Length: 5\n"))", opened]),
]

private let bodies: [Conversation] = [
    before("content length", get, "HTTP/1.1 200 OK\nContent-Length: \(length(accepted))\n\n" + accepted),
    before("a repeated content length", get, "HTTP/1.1 200 OK\nContent-Length: 3, 3\ncontent-length:3\n\nabc"),
    before(
        "a body that quotes an upgrade",
        "POST / HTTP/1.1\nHost: a\nContent-Length: \(length(upgrade))\n\n" + upgrade,
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    before(
        "chunks with extensions and trailers", get,
        """
        HTTP/1.1 200 OK
        Transfer-Encoding: gzip, Chunked

        5;name=value
        hello
        00A ;q="a;b"
        0123456789
        000
        Expires: never
        X: y


        """),
    before(
        "chunks over a content length, codings in two lines", get,
        "HTTP/1.1 200 OK\nContent-Length: 1\nTransfer-Encoding: gzip\nTransfer-Encoding: chunked\n\n1\nx\n0\n\n"),
    before(
        "a chunked request",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n4\nGET \n3\n/\n\n0\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    before("HEAD", "HEAD / HTTP/1.1\nHost: a\n\n", "HTTP/1.1 200 OK\nContent-Length: 1000\n\n"),
    before("304", get, "HTTP/1.1 304 Not Modified\nContent-Length: 1000\n\n"),
    before("204", get, "HTTP/1.1 204 No Content\nTransfer-Encoding: chunked\n\n"),
    before("a folded length", get, "HTTP/1.1 200 OK\nContent-Length:\n 3\nX: a\n\tb\n\nabc"),
    before("white space before the colon", get, "HTTP/1.1 200 OK\nContent-Length : 3\n\nabc"),
    before(
        "h2c that is not granted",
        "GET / HTTP/1.1\nHost: a\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    before(
        "a CONNECT that is refused", "CONNECT a:1 HTTP/1.1\nHost: a:1\n\n", "HTTP/1.1 407 No\nContent-Length: 1\n\nx"),
    before(
        "an early answer to a long request", "PUT / HTTP/1.1\nContent-Length: 9\n\n123456789",
        "HTTP/1.1 201 OK\nContent-Length: 0\n\n"),
    Conversation(
        "lengths that disagree", [c(get), s("HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 4\n\nabc")],
        ["finished brokenHTTP"]),
    Conversation(
        "a length that is no number", [c(get), s("HTTP/1.1 200 OK\nContent-Length: -3\n\nabc")],
        ["finished brokenHTTP"]),
    Conversation(
        "a length beyond 64 bits", [c(get), s("HTTP/1.1 200 OK\nContent-Length: 18446744073709551616\n\nabc")],
        ["finished brokenHTTP"]),
    Conversation(
        "a request whose last coding is not chunked",
        [c("POST / HTTP/1.1\nTransfer-Encoding: chunked, gzip\n\n")], ["finished brokenHTTP"]),
    Conversation(
        "a coding in HTTP/1.0",
        [c(get), s("HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\n0\n\n")], ["finished brokenHTTP"]),
    Conversation(
        "a response whose last coding is not chunked runs until close",
        [c(get), s("HTTP/1.1 200 OK\nTransfer-Encoding: gzip\nContent-Length: 0\n\n"), c(upgrade), s(accepted)],
        ["requested /chat at \(length(get + upgrade))"]),
    Conversation(
        "a chunk size that is none",
        [c(get), s("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nxyz\n")], ["finished brokenHTTP"]),
    Conversation(
        "a chunk size beyond 64 bits",
        [c(get), s("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n11112222333344445\n")], ["finished brokenHTTP"]),
    Conversation(
        "data longer than its chunk",
        [c(get), s("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1\nxy\n0\n\n")], ["finished brokenHTTP"]),
    Conversation(
        "a response that is none after an exchange",
        [c(get), s("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), c(get), s("nonsense!")], ["finished brokenHTTP"]),
]

private let connect = "CONNECT server.example.com:80 HTTP/1.1\nHost: server.example.com:80\n\n"
private let established = "HTTP/1.1 200 Connection established\nContent-Length: 7\n\n"

private let tunnels: [Conversation] = [
    before("CONNECT, then the upgrade inside", connect, established),
    before("CONNECT through CONNECT", connect + connect, "HTTP/1.0 200 OK\n\n" + established),
    Conversation(
        "TLS inside CONNECT", [c(connect), s(established), c([0x16, 0x03, 0x01, 0x02, 0x00])], ["finished tls"]),
    Conversation(
        "a request of the server behind a proxy", [c(connect), s(established + get)], ["finished brokenHTTP"]),
    Conversation(
        "a response of the client behind a proxy", [c(connect + "HTTP/1.1 200 OK\n\n"), s(established)],
        ["finished brokenHTTP"]),
    Conversation(
        "too many proxies", (0..<5).flatMap { _ in [c(connect), s(established)] }, ["finished tooManyProxies"]),
    socks(
        "without authentication", [5, 1, 0], [5, 0], [5, 1, 0, 1, 10, 0, 0, 1, 0, 80], [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    socks(
        "with a user name, a domain and IPv6", [5, 2, 0, 2], [5, 2],
        [1, 3] + Array("bob".utf8) + [2] + Array("pw".utf8), [1, 0],
        [5, 1, 0, 3, 4] + Array("a.de".utf8) + [0, 80], [5, 0, 0, 4] + [UInt8](repeating: 0, count: 18)),
    socks("4", [4, 1, 0, 80, 10, 0, 0, 1] + Array("bob\0".utf8), [0, 90, 0, 0, 0, 0, 0, 0]),
    socks("4a", [4, 1, 0, 80, 0, 0, 0, 1, 0] + Array("a.de\0".utf8), [0, 90, 0, 0, 0, 0, 0, 0]),
    Conversation(
        "a SOCKS reply that refuses",
        [c([5, 1, 0]), s([5, 0]), c([5, 1, 0, 3, 1, 97, 0, 80]), s([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])],
        ["finished proxy"]),
    Conversation("no acceptable SOCKS method", [c([5, 1, 1]), s([5, 0xff])], ["finished proxy"]),
    Conversation(
        "a SOCKS password that is wrong",
        [c([5, 1, 2]), s([5, 2]), c([1, 1, 97, 1, 98]), s([1, 1])], ["finished proxy"]),
    Conversation(
        "a SOCKS 4 refusal", [c([4, 1, 0, 80, 1, 2, 3, 4, 0]), s([0, 91, 0, 0, 0, 0, 0, 0])], ["finished proxy"]),
    Conversation("five, but not SOCKS", [c([5, 0, 11, 3])], []),
    Conversation(
        "a SOCKS 4 user without end", [c([4, 1, 0, 80, 1, 2, 3, 4] + [UInt8](repeating: 97, count: 300))],
        []),
]

/// An upgrade through a SOCKS proxy; the messages are the client's and the server's in turn.
private func socks(_ version: String, _ messages: [UInt8]...) -> Conversation {
    let exchange = messages.enumerated().map { $0.offset % 2 == 0 ? c($0.element) : s($0.element) }
    let sent = exchange.filter { $0.direction == .fromInitiator }.map(\.bytes.count).reduce(0, +)
    let answered = exchange.filter { $0.direction == .fromResponder }.map(\.bytes.count).reduce(0, +)
    return Conversation(
        "SOCKS " + version, exchange + [c(upgrade), s(accepted), c(maskedHello)],
        [
            "requested /chat at \(sent + length(upgrade))", "accepted 101 at \(answered + length(accepted))",
        ])
}

private let others: [Conversation] = [
    Conversation("TLS", [c([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])], ["finished tls"]),
    Conversation("TLS whose server is captured first", [s([0x16, 0x03, 0x03, 0x00, 0x7a])], ["finished tls"]),
    Conversation("HTTP/2", [c("PRI * HTTP/2.0\n\nSM\n\n")], ["finished http2"]),
    Conversation("SSH", [s("SSH-2.0-OpenSSH_9.2\n")], []),
    Conversation("SMTP", [s("220 mail.example ESMTP\n")], []),
    Conversation("IRC", [c("NICK bob\nUSER bob 0 * :bob\n\n")], []),
    Conversation("HTTP/0.9", [c("GET /\n\n")], []),
    Conversation("zeros", [c([0, 0, 0, 8])], []),
    Conversation("a method too long", [c(String(repeating: "A", count: 30) + " / HTTP/1.1\n\n")], []),
    Conversation(
        "101 to h2c",
        [c("GET / HTTP/1.1\nUpgrade: h2c\n\n"), s(toH2C), c("PRI * HTTP/2.0\n\n")],
        ["finished otherUpgrade"]),
    Conversation(
        "101 to a request that asked for nothing", [c(get), s(accepted)], ["finished otherUpgrade"]),
    Conversation(
        "101 to something else", [c(upgrade), s(toH2C), s([0])],
        [requested, "switchedElsewhere 101 at \(length(toH2C))", "finished otherUpgrade"]),
    Conversation(
        "HTTP on the wrong side after an answer", [c(get), s("HTTP/1.1 204 No Content\n\n"), c(get), s(get)],
        ["finished brokenHTTP"]),
    Conversation(
        "a server's requests", [s(upgrade), c(accepted), c(hello)],
        ["requested /chat at \(length(upgrade))", "accepted 101 at \(length(accepted))"]),
]
