import Testing

@testable import WebSocketProtocol

@Suite("Answers to upgrade requests")
struct UpgradeAnswerTests {
    private func answer(_ response: String, to request: String = upgrade) throws -> UpgradeAnswer {
        var driver = UpgradeDriver()
        driver.feed([c(request), s(response)])
        return try #require(driver.answers.first)
    }

    @Test("The answer of RFC 6455 1.3")
    func standard() throws {
        let answer = try answer(accepted)
        #expect(answer.verdict == .accepted)
        #expect(answer.isAcceptValid == true)
        #expect(answer.subprotocol == "chat")
        #expect(answer.extensions == [])
        #expect(answer.violations == [])
        #expect(answer.response?.fields.count == 4)
        #expect(answer.response?.httpVersion == "1.1")
    }

    @Test("nginx in front of node")
    func real() throws {
        let answer = try answer(
            """
            HTTP/1.1 101 Switching Protocols
            Server: nginx/1.25.3
            Date: Tue, 02 Jan 2024 10:00:00 GMT
            Connection: upgrade
            Upgrade: websocket
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
            Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover


            """,
            to: upgrade.replacing("Origin", with: "Sec-WebSocket-Extensions: permessage-deflate\nOrigin"))
        #expect(answer.violations == [])
        #expect(
            answer.extensions == [
                WebSocketExtension(
                    name: "permessage-deflate", parameters: [.init(name: "server_no_context_takeover", value: nil)])
            ])
    }

    @Test(
        "Rules broken are told, and the upgrade counts",
        arguments: [
            ("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n", "", UpgradeViolation.acceptMissing),
            ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", .acceptWrong),
            ("Upgrade: websocket\n", "", .upgradeHeaderMissing),
            ("Connection: Upgrade", "Connection: close", .connectionHeaderMissing),
            ("Protocol: chat", "Protocol: chess", .subprotocolNotOffered),
            ("Protocol: chat", "Protocol: chat, superchat", .subprotocolRepeated),
            ("Connection:", "Sec-WebSocket-Extensions: x\nConnection:", .extensionNotOffered),
            ("Connection:", "Sec-WebSocket-Extensions: ;\nConnection:", .extensionsMalformed),
            ("Connection:", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nConnection:", .acceptRepeated),
        ])
    func violations(text: String, replacement: String, violation: UpgradeViolation) throws {
        let answer = try answer(accepted.replacing(text, with: replacement))
        #expect(answer.verdict == .accepted)
        #expect(answer.violations == [violation])
        let isValid = violation != .acceptMissing && violation != .acceptWrong
        #expect(answer.isAcceptValid == isValid)
    }

    @Test("101 without Upgrade and with a wrong Accept starts nothing")
    func elsewhere() throws {
        let answer = try answer("HTTP/1.1 101 OK\nSec-WebSocket-Accept: x\n\n")
        #expect(answer.verdict == .switchedElsewhere)
        #expect(answer.subprotocol == nil)
    }

    @Test("A refusal negotiates nothing")
    func refusal() throws {
        let answer = try answer("HTTP/1.1 400 Bad\nSec-WebSocket-Protocol: chat\nSec-WebSocket-Version: 13\n\n")
        #expect(answer.verdict == .refused)
        #expect(answer.response?.status == 400)
        #expect(answer.isAcceptValid == nil)
        #expect(answer.subprotocol == nil)
    }

    @Test("A refused HEAD has no body")
    func head() {
        let request = upgrade.replacing("GET", with: "HEAD")
        let conversation = Conversation(
            "", [c(request), s("HTTP/1.1 405 No\nContent-Length: 99\n\n"), c(upgrade), s(accepted)], [])
        #expect(conversation.log.last?.hasPrefix("accepted 101") == true)
    }

    @Test("Keys and what answers them")
    func accept() {
        #expect(WebSocketAccept.value(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(WebSocketAccept.isKey("dGhlIHNhbXBsZSBub25jZQ=="))
        #expect(!WebSocketAccept.isKey("dGhlIHNhbXBsZSBub25jZQ"))
        #expect(!WebSocketAccept.isKey("dGhlIHNhbXBsZSBub2-jZQ=="))
    }

    @Test(
        "Sec-WebSocket-Extensions (RFC 6455 9.1)",
        arguments: [
            (["foo"], "foo", false),
            (["foo, bar; baz=2"], "foo|bar;baz=2", false),
            (["a;b=\"x, \\\"y;z\";c", " ,, d "], "a;b=x, \"y;z;c|d", false),
            (["a ; b = 1 ; c"], "a;b=1;c", false),
            (["a;b=, c"], "c", true),
            (["a;b=\"open, c"], "", true),
            (["a b, c"], "c", true),
            (["=, a"], "a", true),
            ([""], "", false),
        ])
    func extensions(values: [String], expected: String, isMalformed: Bool) {
        var parser = ExtensionListParser()
        let parsed = parser.parse(values).map { entry in
            ([entry.name] + entry.parameters.map { $0.name + ($0.value.map { "=" + $0 } ?? "") })
                .joined(separator: ";")
        }
        #expect(parsed.joined(separator: "|") == expected)
        #expect(parser.isMalformed == isMalformed)
    }
}
