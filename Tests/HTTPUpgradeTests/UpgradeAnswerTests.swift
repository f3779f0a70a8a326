import Testing
import WireFormat

@testable import HTTPUpgrade

@Suite("Responses to upgrade requests")
struct UpgradeAnswerTests {
    private func answer(_ response: String, to request: String = upgrade) throws -> UpgradeAnswer {
        var driver = UpgradeDriver()
        driver.feed([c(request), s(response)])
        return try #require(driver.answers.first)
    }

    @Test("The response of RFC 6455 1.3")
    func standard() throws {
        let answer = try answer(accepted)
        #expect(answer.verdict == .accepted)
        #expect(answer.isAcceptValid == true)
        #expect(answer.violations == [])
        #expect(answer.response?.header.all.count == 4)
        #expect(answer.response?.httpVersion == "1.1")
    }

    @Test("The response of a Node server, as nginx passes it on, is accepted")
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
    }

    @Test(
        "Broken rules are reported, and the upgrade counts",
        arguments: [
            ("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n", "", UpgradeViolation.acceptMissing),
            ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", .acceptWrong),
            ("Upgrade: websocket\n", "", .upgradeHeaderMissing),
            ("Connection: Upgrade", "Connection: close", .connectionHeaderMissing),
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
    }

    @Test("A refusal has no valid Accept")
    func refusal() throws {
        let answer = try answer("HTTP/1.1 400 Bad\nSec-WebSocket-Protocol: chat\nSec-WebSocket-Version: 13\n\n")
        #expect(answer.verdict == .refused)
        #expect(answer.response?.status == 400)
        #expect(answer.isAcceptValid == nil)
    }

    @Test("A refused HEAD has no body")
    func head() {
        let request = upgrade.replacing("GET", with: "HEAD")
        let conversation = Conversation(
            "", [c(request), s("HTTP/1.1 405 No\nContent-Length: 99\n\n"), c(upgrade), s(accepted)], [])
        #expect(conversation.log.last?.hasPrefix("accepted 101") == true)
    }

    @Test("The Accept of a key is that of RFC 6455 1.3, and only 16 bytes in base64 are a key")
    func accept() {
        #expect(WebSocketAccept.value(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(WebSocketAccept.isKey("dGhlIHNhbXBsZSBub25jZQ=="))
        #expect(!WebSocketAccept.isKey("dGhlIHNhbXBsZSBub25jZQ"))
        #expect(!WebSocketAccept.isKey("dGhlIHNhbXBsZSBub2-jZQ=="))
    }
}
