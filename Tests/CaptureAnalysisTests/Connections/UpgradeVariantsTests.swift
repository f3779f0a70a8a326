import CaptureAnalysis
import TestSupport
import Testing

@Suite("Variants of upgrades that break a rule")
struct UpgradeVariantsTests {
    /// An exchange with fields added to the request and the response, and with text replaced in either.
    struct Variant: CustomTestStringConvertible {
        var offer = ""
        var answer = ""
        var request: (String, String)?
        var response: (String, String)?
        var rules: [String]

        init(
            _ offer: String = "", _ answer: String = "", request: (String, String)? = nil,
            response: (String, String)? = nil, _ rules: String...
        ) {
            (self.offer, self.answer, self.request, self.response) = (offer, answer, request, response)
            self.rules = rules.map { "handshake." + $0 }
        }

        var testDescription: String { "\(offer)|\(answer)|\(request?.1 ?? "")|\(response?.1 ?? "")" }
    }

    private static let protocols = "Sec-WebSocket-Protocol: chat, superchat\r\n"
    private static let extensions = "Sec-WebSocket-Extensions: "

    static let variants: [Variant] = [
        // RFC 9110 8.6, RFC 9112 6.1.
        Variant("", "Content-Length: 0\r\n", "body-in-101"),
        Variant("", "Content-Length: 5\r\n", "body-in-101"),
        Variant("", "content-length:0\r\n", "body-in-101"),
        Variant("", "Transfer-Encoding: chunked\r\n", "body-in-101"),
        Variant("", "Transfer-Encoding: identity\r\n", "body-in-101"),
        Variant("", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "body-in-101"),
        Variant("", "X-Content-Length: 0\r\nContent-Type: text/plain\r\n"),
        // RFC 6455 4.2.2, 5.1.
        Variant(response: ("HTTP/1.1", "HTTP/1.0"), "response-version"),
        Variant(response: ("HTTP/1.1 101 Switching Protocols", "HTTP/1.0 101"), "response-version"),
        Variant(response: ("HTTP/1.1 101 Switching Protocols", "HTTP/1.0 101 OK"), "response-version"),
        Variant("", "Content-Length: 0\r\n", response: ("HTTP/1.1", "HTTP/1.0"), "response-version", "body-in-101"),
        Variant(
            request: ("HTTP/1.1", "HTTP/1.0"), response: ("HTTP/1.1", "HTTP/1.0"), "http-version", "response-version"),
        Variant(response: ("101 Switching Protocols", "101")),
        Variant(response: ("HTTP/1.1", "HTTP/1.2")),
        // RFC 6455 4.1, 9.1, 11.3.
        Variant("Sec-WebSocket-Protocol: \r\n", "", "field-empty"),
        Variant("Sec-WebSocket-Protocol: , ,\r\n", "", "field-empty"),
        Variant("Sec-WebSocket-Extensions:\r\n", "", "field-empty"),
        Variant("Sec-WebSocket-Extensions: ,,\r\n", "", "field-empty"),
        Variant("", "Sec-WebSocket-Extensions: \r\n", "field-empty"),
        Variant(protocols, "Sec-WebSocket-Protocol:\r\n", "field-empty"),
        Variant("Sec-WebSocket-Protocol: chat,\r\n", "Sec-WebSocket-Protocol: chat\r\n"),
        Variant(
            extensions + "permessage-deflate\r\n", extensions + "permessage-deflate\r\n" + extensions + "x-a\r\n",
            "extensions-repeated", "extension-not-offered"),
        Variant(
            extensions + "permessage-deflate, x-a\r\n",
            extensions + "permessage-deflate\r\n" + extensions + "x-a\r\n", "extensions-repeated"),
        Variant(
            extensions + "x-a\r\n" + extensions + "permessage-deflate\r\n",
            "sec-websocket-extensions: x-a\r\nSEC-WEBSOCKET-EXTENSIONS:permessage-deflate\r\n", "extensions-repeated"),
        Variant(extensions + "permessage-deflate\r\n" + extensions + "x-a\r\n", extensions + "x-a\r\n"),
        Variant(extensions + "permessage-deflate, x-a\r\n", extensions + "permessage-deflate, x-a\r\n"),
        Variant("Sec-WebSocket-Version: 13\r\n", "", "version-repeated"),
        Variant("Sec-WebSocket-Version: 8\r\n", "", "version-repeated"),
        Variant("sec-websocket-version:13\r\n", "", "version-repeated"),
        Variant("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n", "", "version-repeated"),
        Variant("", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n"),
        Variant(protocols, "", "subprotocol-none"),
        Variant("Sec-WebSocket-Protocol: chat\r\n", "", "subprotocol-none"),
        Variant("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat\r\n", "", "subprotocol-none"),
        Variant("sec-websocket-protocol:chat\r\n", "X-Protocol: chat\r\n", "subprotocol-none"),
        Variant(protocols, "Sec-WebSocket-Protocol: Chat\r\n", "subprotocol-not-offered"),
        Variant(protocols, "Sec-WebSocket-Protocol: superchat\r\n"),
        Variant(),
    ]

    @Test(
        "Variants of upgrades break exactly the intended rules, and still carry frames",
        arguments: variants)
    func rules(variant: Variant) throws {
        var talk = TCPConversation()
        talk.open()
        var request = TCPConversation.upgradeRequest(fields: variant.offer)
        if let (text, replacement) = variant.request { request.replace(text, with: replacement) }
        var response = TCPConversation.upgradeResponse(fields: variant.answer)
        if let (text, replacement) = variant.response { response.replace(text, with: replacement) }
        talk.send(request, from: .client)
        talk.send(response, from: .server)
        talk.sendText("from the client", from: .client)
        talk.sendText("from the server", from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(talk.packets)
        #expect(analysis.rules.filter { $0 != "extension.not-decoded" }.sorted() == variant.rules.sorted())
        #expect(analysis.texts == ["from the client", "from the server"])
    }

    @Test(
        "Upgrades that a proxy has stripped are listed as refused, whatever the response",
        arguments: ["200 OK", "400 Bad Request", "404 Not Found", "426 Upgrade Required", "502 Bad Gateway"])
    func stripped(status: String) throws {
        for connection in ["", "Connection: close\r\n", "Connection: keep-alive\r\n"] {
            var talk = TCPConversation()
            talk.open()
            talk.send(
                TCPConversation.upgradeRequest()
                    .replacing("Upgrade: websocket\r\nConnection: Upgrade\r\n", with: connection), from: .client)
            talk.send("HTTP/1.1 \(status)\r\nContent-Length: 2\r\n\r\nno", from: .server)
            talk.finish(first: .server)
            let analysis = Analysis(talk.packets)
            #expect(analysis.rules == ["handshake.upgrade-stripped", "handshake.connection-header"])
            #expect(analysis.handshakes.map(\.isAccepted) == [false])
            #expect(analysis.handshakes.map(\.status) == [Int(status.prefix(3))])
        }
    }
}
