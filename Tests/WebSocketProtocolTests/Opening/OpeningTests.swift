import Testing
import WireFormat

@testable import WebSocketProtocol

/// The header fields in a text, one per line.
private func header(_ lines: String) -> HTTPFields {
    HTTPFields(Array("\n\(lines)\n\n".utf8).span, after: 1)
}

private let request = """
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
    Sec-WebSocket-Protocol: chat, superchat
    Sec-WebSocket-Version: 13
    """

@Suite("What the ends negotiate in the opening handshake (RFC 6455 4)")
struct OpeningTests {
    private let offer = OpeningOffer(header(request))

    @Test("The request and the response of RFC 6455 1.3")
    func standard() {
        #expect(offer.version == 13)
        #expect(offer.subprotocols == ["chat", "superchat"])
        #expect(offer.extensions == [])
        #expect(offer.violations == [])
        let answer = OpeningAnswer(header("Sec-WebSocket-Protocol: chat"), to: offer)
        #expect(answer.subprotocols == ["chat"])
        #expect(answer.extensions == [])
        #expect(answer.violations == [])
    }

    @Test("Chrome's offer, and the response of Node behind nginx")
    func real() {
        let fields = [
            HTTPField(name: "Sec-WebSocket-Version", value: "13"),
            HTTPField(name: "sec-websocket-extensions", value: "permessage-deflate; client_max_window_bits"),
        ]
        let offer = OpeningOffer(HTTPFields(fields))
        #expect(offer.violations == [])
        #expect(
            offer.extensions == [
                WebSocketExtension(
                    name: "permessage-deflate", parameters: [.init(name: "client_max_window_bits", value: nil)])
            ])
        let answer = OpeningAnswer(
            header("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"), to: offer)
        #expect(answer.violations == [])
        #expect(
            answer.extensions == [
                WebSocketExtension(
                    name: "permessage-deflate", parameters: [.init(name: "server_no_context_takeover", value: nil)])
            ])
    }

    @Test("Names in any case, repeated and folded fields")
    func oddities() {
        let offer = OpeningOffer(
            header(
                """
                Sec-WebSocket-Protocol: a,, b
                sec-websocket-protocol:
                 c
                SEC-WEBSOCKET-VERSION: 13
                Sec-WebSocket-Version: 8
                Sec-WebSocket-Extensions: x;
                \ty=1
                Sec-WebSocket-Extensions: z
                """))
        #expect(offer.version == 13)
        #expect(offer.subprotocols == ["a", "b", "c"])
        #expect(offer.extensions.map(\.name) == ["x", "z"])
        #expect(offer.violations == [.versionRepeated])
    }

    @Test(
        "Rules that an offer breaks",
        arguments: [
            ("Sec-WebSocket-Version: 13", "X: y", OpeningViolation.versionMissing),
            ("Version: 13", "Version: thirteen", .versionMissing),
            ("Version: 13", "Version: 8", .versionNot13),
            ("Version: 13", "Version: 14", .versionNot13),
            ("Version: 13", "Version: 13\nSec-WebSocket-Extensions: a;;b", .extensionsMalformed),
            ("Version: 13", "Version: 13\nSec-WebSocket-Extensions: permessage-deflate; x", .deflateOfferInvalid),
        ])
    func offers(text: String, replacement: String, violation: OpeningViolation) {
        #expect(OpeningOffer(header(request.replacing(text, with: replacement))).violations == [violation])
    }

    @Test(
        "Rules that a response breaks",
        arguments: [
            ("Sec-WebSocket-Protocol: chess", OpeningViolation.subprotocolNotOffered),
            ("Sec-WebSocket-Protocol: chat, superchat", .subprotocolRepeated),
            ("Sec-WebSocket-Protocol: chat\nSec-WebSocket-Extensions: x", .extensionNotOffered),
            ("Sec-WebSocket-Protocol: chat\nSec-WebSocket-Extensions: ;", .extensionsMalformed),
        ])
    func answers(lines: String, violation: OpeningViolation) {
        #expect(OpeningAnswer(header(lines), to: offer).violations == [violation])
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
