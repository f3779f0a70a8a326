import Testing
import WireFormat

@testable import HTTPUpgrade

/// The upgrade request in a text.
private func request(_ text: String) throws -> HTTPRequest {
    try request(wire(text))
}

private func request(_ bytes: [UInt8]) throws -> HTTPRequest {
    var driver = UpgradeDriver()
    driver.feed(c(bytes))
    return try #require(driver.follower.pendingRequest)
}

@Suite("Upgrade requests")
struct UpgradeRequestTests {
    @Test("The request of RFC 6455 1.3")
    func standard() throws {
        let request = try request(upgrade)
        #expect(request.method == "GET")
        #expect(request.target == "/chat")
        #expect(request.host == "server.example.com")
        #expect(request.url == "ws://server.example.com/chat")
        #expect(request.httpVersion == "1.1")
        #expect(request.key == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(request.draft == nil)
        #expect(request.violations == [])
        #expect(request.header.all.map(\.name).first == "Host")
        #expect(request.header.all.count == 7)
    }

    @Test("Heads as browsers, libraries and curl send them", arguments: realRequests)
    func real(_ head: String) throws {
        let request = try request(head)
        #expect(request.violations == [])
        #expect(request.url.hasPrefix("ws://"))
    }

    @Test(
        "Targets and Host make a URL",
        arguments: [
            ("/a?b", "h:80", "h:80", "ws://h:80/a?b"),
            ("http://other/a", "h", "other", "ws://other/a"),
            ("WS://other:1?q", "h", "other:1", "ws://other:1/?q"),
            ("wss://u:p@other", "h", "other", "wss://other/"),
            ("https://other/", "h", "other", "wss://other/"),
            ("/", "user:secret@h", "h", "ws://h/"),
            ("chat", "h", "h", "ws://h/chat"),
        ])
    func location(target: String, host: String, expectedHost: String, url: String) throws {
        let request = try request("GET \(target) HTTP/1.1\nHost: \(host)\nUpgrade: websocket\n\n")
        #expect(request.host == expectedHost)
        #expect(request.url == url)
    }

    @Test("Fields in any case, repeated, folded, spaced, not UTF-8")
    func oddities() throws {
        let request = try request(
            wire(
                """
                GET /a b HTTP/1.1
                 ignored: white space before the first field
                no field at all
                HOST : h
                uPGRADE: h2c
                Upgrade: foo/1, WebSocket
                connection: keep-alive,
                 Upgrade
                Sec-WebSocket-Protocol: a,, b
                sec-websocket-protocol: c
                Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\t
                Sec-WebSocket-Version: 13
                X:
                """) + [0x20, 0xff, 0x41] + wire("\n\n"))
        #expect(request.violations == [])
        #expect(request.target == "/a b")
        #expect(request.host == "h")
        #expect(request.header.all[0] == HTTPField(name: "HOST", value: "h"))
        #expect(request.header.all[3] == HTTPField(name: "connection", value: "keep-alive, Upgrade"))
        #expect(request.header.all.last == HTTPField(name: "X", value: "\u{fffd}A"))
    }

    @Test(
        "Broken rules are reported",
        arguments: [
            ("GET /", "POST /", UpgradeViolation.methodNotGET),
            ("HTTP/1.1", "HTTP/1.0", .httpVersionBelow11),
            ("Host: server.example.com\n", "", .hostMissing),
            ("Connection: Upgrade", "Connection: keep-alive", .connectionHeaderMissing),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n", "", .keyMissing),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ===", .keyInvalid),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQA=", .keyInvalid),
            ("Origin:", "Sec-WebSocket-Key:", .keyRepeated),
        ])
    func violations(text: String, replacement: String, violation: UpgradeViolation) throws {
        #expect(try request(upgrade.replacing(text, with: replacement)).violations == [violation])
    }

    @Test(
        "Drafts are named",
        arguments: [
            ("Origin: http://a\nWebSocket-Protocol: x", "hixie-75"),
            (
                "Sec-WebSocket-Key1: 18x 6]8vM;54 *(5:  {   U1]8  z [  8\nSec-WebSocket-Key2: 1_ tx7X d",
                "hybi-00 (hixie-76)"
            ),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 4", "hybi-04"),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 6", "hybi-06"),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 7", nil),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 8", nil),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", nil),
            ("X: y", nil),
        ])
    func drafts(fields: String, draft: String?) throws {
        let head = "GET / HTTP/1.1\nUpgrade: WebSocket\nConnection: Upgrade\nHost: a\n\(fields)\n\n"
        #expect(try request(head).draft == draft)
    }

    @Test("An accepted draft is not followed; after a refused one HTTP goes on")
    func draftAnswers() {
        let head = "GET / HTTP/1.1\nUpgrade: WebSocket\nHost: a\nSec-WebSocket-Key1: 1 2\nSec-WebSocket-Key2: 3 4\n\n"
        let switched = Conversation(
            "",
            [
                c(head + "12345678"),
                s("HTTP/1.1 101 WebSocket Protocol Handshake\nUpgrade: WebSocket\n\n" + "0123456789abcdef"),
            ], [])
        #expect(switched.log.dropFirst().map { $0.prefix(8) } == ["switched", "finished"])
        let refused = Conversation(
            "", [c(head + "12345678"), s("HTTP/1.1 404 No\nContent-Length: 0\n\n"), c(upgrade), s(accepted)], [])
        #expect(refused.log.map { $0.prefix(8) } == ["requeste", "refused ", "requeste", "accepted"])
    }
}

/// Upgrade requests of Chrome, Firefox, node's ws behind nginx, curl, Python's websockets.
private let realRequests = [
    """
    GET /socket.io/?EIO=4&transport=websocket&sid=8hTGtMPvPbVqQGzrAAAB HTTP/1.1
    Host: localhost:3000
    Connection: Upgrade
    Pragma: no-cache
    Cache-Control: no-cache
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36
    Upgrade: websocket
    Origin: http://localhost:3000
    Sec-WebSocket-Version: 13
    Accept-Encoding: gzip, deflate, br, zstd
    Accept-Language: en-US,en;q=0.9
    Cookie: a=b; c="d, e"
    Sec-WebSocket-Key: KGwhXjPqxPRUMJkQwxO3Rw==
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits


    """,
    """
    GET /ws HTTP/1.1
    Host: example.org
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0
    Accept: */*
    Accept-Language: en-US,en;q=0.5
    Sec-WebSocket-Version: 13
    Origin: null
    Sec-WebSocket-Extensions: permessage-deflate
    Sec-WebSocket-Key: r1aPyUVvCKMNEZ3yFgmtLw==
    Connection: keep-alive, Upgrade
    Sec-Fetch-Dest: empty
    Sec-Fetch-Mode: websocket
    Upgrade: websocket


    """,
    """
    GET / HTTP/1.1
    Upgrade: websocket
    Connection: upgrade
    Host: backend
    X-Real-IP: 10.0.0.1
    X-Forwarded-For: 10.0.0.1
    Sec-WebSocket-Version: 13
    Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits


    """,
    """
    GET /echo HTTP/1.1
    Host: 127.0.0.1:8080
    User-Agent: curl/8.9.1
    Accept: */*
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Version: 13
    Sec-WebSocket-Key: FV5uKmq3NSMoOO3+qUYvjg==


    """,
    """
    GET / HTTP/1.1
    Host: [::1]:8765
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Key: Ux9bYRTBNBDyRIUzeOMdgA==
    Sec-WebSocket-Version: 13
    Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12
    User-Agent: Python/3.11 websockets/12.0


    """,
]
