import CaptureAnalysis
import Foundation
import TestSupport
import Testing
import WebSocketProtocol

/// An upgrade that breaks a rule, and the end that must fail the connection over it.
struct BrokenUpgrade: Sendable, CustomTestStringConvertible {
    /// The rule.
    var rule: String
    /// Who breaks it.
    var from: ExpectedMessage.Sender = .server
    /// Further fields of the request.
    var offer = ""
    /// Text in the heads, and its replacement.
    var change: (old: String, new: String)

    var testDescription: String { rule }

    static let all: [BrokenUpgrade] = [
        // RFC 6455 4.1: "the client MUST _Fail the WebSocket Connection_".
        BrokenUpgrade(rule: "handshake.accept-wrong", change: ("Accept: s3", "Accept: t3")),
        BrokenUpgrade(
            rule: "handshake.accept-missing",
            change: ("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "")),
        BrokenUpgrade(
            rule: "handshake.upgrade-header",
            change: ("Protocols\r\nUpgrade: websocket\r\n", "Protocols\r\n")),
        BrokenUpgrade(
            rule: "handshake.upgrade-header", change: ("Upgrade: websocket", "Upgrade: h2c")),
        BrokenUpgrade(
            rule: "handshake.connection-header", change: ("Connection: Upgrade", "Connection: keep-alive")),
        BrokenUpgrade(
            rule: "handshake.connection-header", from: .client,
            change: ("Connection: Upgrade", "Connection: keep-alive")),
        BrokenUpgrade(
            rule: "handshake.extension-not-offered",
            change: ("xOo=\r\n", "xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n")),
        BrokenUpgrade(
            rule: "handshake.subprotocol-not-offered", offer: "Sec-WebSocket-Protocol: tea\r\n",
            change: ("xOo=\r\n", "xOo=\r\nSec-WebSocket-Protocol: cocoa\r\n")),
        BrokenUpgrade(
            rule: "handshake.subprotocol-repeated", offer: "Sec-WebSocket-Protocol: tea, milk\r\n",
            change: ("xOo=\r\n", "xOo=\r\nSec-WebSocket-Protocol: tea, milk\r\n")),
        // RFC 6455 11.3.2; and WHATWG WebSockets 4.1: a browser fails the connection.
        BrokenUpgrade(
            rule: "handshake.extensions-repeated", offer: "Sec-WebSocket-Extensions: permessage-deflate, x-tea\r\n",
            change: (
                "xOo=\r\n",
                "xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: x-tea\r\n"
            )),
        BrokenUpgrade(
            rule: "handshake.subprotocol-none", offer: "Sec-WebSocket-Protocol: tea\r\n",
            change: ("xOo=\r\n", "xOo=\r\nX-Protocol: tea\r\n")),
        BrokenUpgrade(rule: "handshake.version-not-13", from: .client, change: ("Version: 13", "Version: 8")),
        BrokenUpgrade(rule: "handshake.response-version", change: ("HTTP/1.1 101", "HTTP/1.0 101")),
        BrokenUpgrade(rule: "handshake.body-in-101", change: ("xOo=\r\n", "xOo=\r\nContent-Length: 0\r\n")),
        // RFC 6455 4.2.1: "the server MUST stop processing the client's handshake".
        BrokenUpgrade(rule: "handshake.method-not-get", from: .client, change: ("GET /", "POST /")),
        BrokenUpgrade(
            rule: "handshake.host-missing", from: .client, change: ("Host: server.example.com\r\n", "")),
        BrokenUpgrade(rule: "handshake.http-version", from: .client, change: ("HTTP/1.1\r\nHost", "HTTP/1.0\r\nHost")),
    ]
}

@Suite("An end that leaves because of the upgrade")
struct FailedUpgradeTests {
    private func end(_ broken: BrokenUpgrade, _ rest: (inout TCPConversation) -> Void) throws -> SessionEnd {
        var talk = TCPConversation()
        talk.open()
        for (sender, head) in [
            (ExpectedMessage.Sender.client, TCPConversation.upgradeRequest(fields: broken.offer)),
            (.server, TCPConversation.upgradeResponse()),
        ] {
            let place = sender == broken.from ? head.firstRange(of: broken.change.old) : nil
            #expect((place == nil) == (sender != broken.from))
            talk.send(place.map { head.replacingCharacters(in: $0, with: broken.change.new) } ?? head, from: sender)
        }
        rest(&talk)
        let analysis = Analysis(talk)
        #expect(analysis.rules.first == broken.rule)
        return try analysis.end
    }

    private func role(_ sender: ExpectedMessage.Sender) -> Role { sender == .client ? .client : .server }

    @Test(
        "An end that leaves because of the upgrade has failed the connection, by FIN or by RST",
        arguments: BrokenUpgrade.all)
    func fails(broken: BrokenUpgrade) throws {
        let leaver = broken.from.peer
        for leaves: (inout TCPConversation) -> Void in [
            { $0.finish(first: leaver) }, { $0.reset(from: leaver) },
        ] {
            let failure = try #require(end(broken, leaves).verdict.failure)
            #expect(failure.by == role(leaver) && failure.rule?.id == broken.rule)
        }
    }

    // Without a valid Accept, a single frame proves nothing.
    @Test(
        "An end that tolerated the upgrade and sent data has not failed the connection",
        arguments: BrokenUpgrade.all.filter { !$0.rule.hasPrefix("handshake.accept") })
    func speaks(broken: BrokenUpgrade) throws {
        let leaver = broken.from.peer
        let verdict = try end(broken) { talk in
            talk.sendText("never mind", from: leaver)
            talk.finish(first: leaver)
        }.verdict
        #expect(verdict.failure == nil && verdict.layer == .fin)
    }

    @Test(
        "An end fails because of what many tolerate only if it has sent nothing, and no error follows",
        arguments: [true, false])
    func lesser(hasSpoken: Bool) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: "Sec-WebSocket-Protocol: tea\r\n"), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        if hasSpoken { talk.sendText("I speak", from: .client) }
        // If it is masked, it breaks a rule.
        talk.send(WireFrame.text("welcome", from: hasSpoken ? .server : .client), from: .server)
        talk.sendClose(1002, from: .client)
        talk.finish(first: .client)
        let failure = try Analysis(talk).end.verdict.failure
        #expect(failure?.rule?.id == (hasSpoken ? nil : "masking.server-masked"))
    }

    @Test("The end that broke the rule and leaves has not failed the connection", arguments: BrokenUpgrade.all)
    func otherLeaves(broken: BrokenUpgrade) throws {
        #expect(try end(broken) { $0.finish(first: broken.from) }.verdict.failure == nil)
    }

    @Test(
        "An end that leaves more than two seconds after the upgrade has not failed because of it",
        arguments: BrokenUpgrade.all)
    func leavesLater(broken: BrokenUpgrade) throws {
        let leaver = broken.from.peer
        let verdict = try end(broken) { talk in
            talk.wait(milliseconds: 2500)
            talk.finish(first: leaver)
        }.verdict
        #expect(verdict.failure == nil)
    }
}
