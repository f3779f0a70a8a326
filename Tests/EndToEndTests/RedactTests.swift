import Foundation
import TestSupport
import Testing

@Suite("Redacted captures")
struct RedactTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    /// Words of at least five letters, in lower case.
    private static func words(_ bytes: some Sequence<UInt8>) -> Set<String> {
        var words: Set<String> = []
        var word: [UInt8] = []
        for byte in Array(bytes) + [0] {
            if byte | 0x20 >= 0x61, byte | 0x20 <= 0x7a {
                word.append(byte | 0x20)
            } else {
                if word.count >= 5 { words.insert(String(decoding: word, as: UTF8.self)) }
                word.removeAll()
            }
        }
        return words
    }

    /// The words of all payloads, query values and fields that hold secrets.
    private static func secretWords(_ events: [[String: Any]]) -> Set<String> {
        var secret: Set<String> = []
        for event in events {
            if let text = event["payload"] as? String { secret.formUnion(words(text.utf8)) }
            if let text = event["payload_base64"] as? String {
                secret.formUnion(words(Data(base64Encoded: text) ?? Data()))
            }
            for part in (event["url"] as? String ?? "").split(separator: "?").dropFirst().joined().split(separator: "&")
            {
                let value = String(part.split(separator: "=", maxSplits: 1).last ?? "")
                secret.formUnion(words(value.utf8))
                secret.formUnion(words((value.removingPercentEncoding ?? "").utf8))
            }
            for key in ["request_headers", "response_headers"] {
                for field in event[key] as? [[String]] ?? []
                where secretFields.contains(field[0].lowercased()) {
                    secret.formUnion(words(field[1].utf8))
                }
            }
        }
        return secret
    }

    /// Captures whose trace depends on replaced bytes: first copies that their receiver ignores, windows larger than
    /// agreed, and names of extensions (docs/redact.md, "Where the trace differs").
    private static let different: Set<String> = [
        "rules-of-tcp", "evasion", "rules-of-frames", "rules-of-the-upgrade",
    ]

    @Test("have the same sessions, frames and findings, and nothing of the content", arguments: CutSource.all)
    func sessions(source: CutSource) throws {
        let original = try SharedEvents.events(of: source.path)
        let isPlain = !original.contains { $0["encrypted"] is [String: Any] }
        guard !original.isEmpty, isPlain else { return }
        let path = folder.path("redacted.pcapng")
        let run = try Wstap.run(["redact", source.path, "-o", path])
        #expect(run.status <= 1 && run.output.isEmpty, "\(run.errors)")
        let redacted = try SharedEvents.events(of: path)
        if !Self.different.contains(source.description) {
            let expected = try SharedEvents.lines(original)
            let found = try SharedEvents.lines(redacted)
            #expect(found.filter { expected[$0.key] != $0.value }.keys.sorted().prefix(3).map { $0.prefix(300) } == [])
            #expect(expected.filter { found[$0.key] != $0.value }.keys.sorted().prefix(3).map { $0.prefix(300) } == [])
        }
        let isSame = run.errors.contains("checked: the trace is that of the original, except for texts\n")
        #expect(isSame != Self.different.contains(source.description), "\(run.errors)")
        let secret = Self.secretWords(original)
        #expect(secret.intersection(Self.secretWords(redacted)) == [])
        // Masked and compressed bytes are checked in the trace; all others are in the file unchanged, or encoded.
        let file = try [UInt8](Data(contentsOf: URL(filePath: path)))
        let shown = Self.words(file).union(Self.base64Words(file)).subtracting(Self.headWords(redacted))
        #expect(secret.intersection(shown) == [])
    }

    /// The words of heads: other tests check which of them may stay, and payloads contain some of them too.
    private static func headWords(_ events: [[String: Any]]) -> Set<String> {
        var heads: Set<String> = [
            "connection", "upgrade", "protocol", "version", "switching", "accept", "first", "packets",
        ]
        for event in events {
            heads.formUnion(words((event["url"] as? String ?? "").utf8.prefix { $0 != UInt8(ascii: "?") }))
            for key in ["request_headers", "response_headers"] {
                for field in event[key] as? [[String]] ?? [] {
                    heads.formUnion(words(field[0].utf8))
                    if !secretFields.contains(field[0].lowercased()) { heads.formUnion(words(field[1].utf8)) }
                }
            }
        }
        return heads
    }

    /// The words in anything that may be base64.
    private static func base64Words(_ bytes: [UInt8]) -> Set<String> {
        let digits = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var found: Set<String> = []
        for run in bytes.split(whereSeparator: { !digits.contains($0) }) where run.count >= 8 {
            for start in 0..<4 {
                let part = run.dropFirst(start)
                found.formUnion(words(Data(base64Encoded: Data(part.prefix(part.count / 4 * 4))) ?? Data()))
            }
        }
        return found
    }

    private static let secretFields: Set<String> = ["cookie", "set-cookie", "authorization", "referer"]

    @Test("keep the shape of JSON, and keys on request")
    func json() throws {
        var talk = TCPConversation()
        talk.openWebSocket("/rooms/tea?token=ripeTomatoes&lang=german")
        let text =
            #"{"secret": {"names": ["Alice", "Bob \"B\" \u00e9"], "ripe": false}, "count": -12.5e3, "café": null}"#
        talk.sendText(text, from: .client)
        talk.sendPing("are you there?", from: .server)
        talk.sendPong("are you there?", from: .client)
        talk.sendClose(1001, "leaving now", from: .client)
        talk.finish(first: .client)
        let input = try folder.write("talk.pcap", talk.packets.pcap())
        for words in [[], ["--keep-keys"]] {
            let path = folder.path("redacted.pcapng")
            #expect(try Wstap.run(["redact", input, "-o", path] + words).status == 0)
            let events = try SharedEvents.events(of: path)
            let payload = try #require(events.first { $0["event"] as? String == "message" }?["payload"] as? String)
            #expect(payload.utf8.count == text.utf8.count)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(payload.utf8)) as? [String: Any])
            #expect(object.count == 3 && object.values.contains { $0 is NSNull })
            #expect(
                object.values.contains {
                    ($0 as? [String: Any])?.values.contains { ($0 as? [String])?.count == 2 } == true
                })
            #expect((object["secret"] != nil) == !words.isEmpty)
            #expect(!payload.contains("Alice") && !payload.contains("false"))
            let handshake = try #require(events.first { $0["event"] as? String == "handshake" })
            let url = try #require(handshake["url"] as? String)
            #expect(url.contains("/rooms/") && url.contains("?") && url.contains("&") && !url.contains("token"))
            #expect(!url.contains("tea") && !url.contains("ripe") && !url.contains("german"))
            #expect(handshake["accept_valid"] as? Bool == true)
            #expect(events.contains { $0["answers_packet"] != nil })
        }
        let file = String(decoding: try Data(contentsOf: URL(filePath: folder.path("redacted.pcapng"))), as: UTF8.self)
        for word in ["Tomatoes", "german", "there", "leaving", "Alice"] { #expect(!file.contains(word)) }
    }

    @Test("report what they replaced, and refuse a pipe")
    func reported() throws {
        let chat = try Fixture.named("chat").capture.path
        let report = folder.path("report.txt")
        let run = try Wstap.run(["redact", chat, "-o", folder.path("chat.pcapng"), "--report", report])
        #expect(run.status == 0 && run.errors == "")
        let text = String(decoding: try Data(contentsOf: URL(filePath: report)), as: UTF8.self)
        #expect(text.contains("replaced: payloads of 14 messages"))
        let copy = String(decoding: try Data(contentsOf: URL(filePath: folder.path("chat.pcapng"))), as: UTF8.self)
        #expect(copy.contains("wstap part: ") && copy.contains(", secrets none"))
        #expect(try Wstap.run(["redact", "-", "-o", folder.path("pipe.pcapng")], input: chat).status == 64)
    }

    @Test(
        "leave out encrypted connections, with or without secrets, and report how many",
        arguments: [("no-websocket-tls-only", "1 encrypted connection"), ("rules-of-tls", "13 encrypted connections")])
    func encrypted(fixture: String, count: String) throws {
        let capture = try Fixture.named(fixture).capture.path
        let run = try Wstap.run(["redact", capture, "-o", folder.path("sealed.pcapng")])
        #expect(run.status == 0)
        #expect(run.errors.contains("wstap: 0 packets of 0 connections written"))
        #expect(run.errors.contains("wstap: left out: \(count), whose bytes cannot be replaced"))
        // There is nothing to check.
        #expect(!run.errors.contains("checked"))
    }

    @Test("show no word that an adversary hides outside the frames", arguments: [[], ["--addresses"]])
    func hidden(words: [String]) throws {
        var talk = TCPConversation()
        talk.send(
            "GET /hiddenalpha/ws;hiddenbravo?hiddencharlie&hiddendelta=hiddenecho HTTP/1.1\r\n"
                + "Host: example.com\r\nUpgrade: websocket, hiddenfoxtrot\r\nConnection: Upgrade, hiddengolf\r\n"
                + "X-Hiddenhotel: hiddenindia\r\n\thiddenjuliett\r\nUser-Agent: hiddenkilo/1.0\r\n"
                + "Sec-WebSocket-Protocol: chat, hiddenlima\r\nOrigin: hiddenmike\r\nDate: hiddennovember\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            from: .client)
        talk.send(
            "HTTP/1.1 101 hiddenpapa\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nServer: hiddenquebec\r\n"
                + "Set-Cookie: a=hiddenromeo\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            from: .server)
        talk.sendText("true hiddensierra", from: .client)
        talk.send(
            WireFrame.text(#"{"hiddentango":nullhiddenuniform,truetrue:"hidden\/victor"}"#, from: .server),
            from: .server)
        talk.sendClose(1000, "hiddenwhiskey", from: .client)
        talk.send("hiddenxray Ahiddenyankee", from: .client)
        talk.send("hiddenzulu", from: .server)
        talk.finish(first: .client)
        let input = try folder.write("hidden.pcap", talk.packets.pcap())
        let path = folder.path("hidden.pcapng")
        #expect(try Wstap.run(["redact", input, "-o", path] + words).status == 0)
        let file = try [UInt8](Data(contentsOf: URL(filePath: path)))
        let shown = Self.words(file).union(Self.base64Words(file))
        #expect(shown.filter { $0.contains("hidden") || ["sample", "truetrue"].contains($0) } == [])
        let handshake = try #require(SharedEvents.events(of: path).first { $0["event"] as? String == "handshake" })
        #expect(handshake["accept_valid"] as? Bool == true)
        #expect(String(decoding: file, as: UTF8.self).contains("example.com") == words.isEmpty)
    }

    @Test("show no word in place of a key, a port, an address or a number")
    func hiddenForms() throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(
            "PROXY TCP4 deadbeef facade beef added\r\nGET /chat HTTP/1.1\r\nHost: example.com:hiddenport\r\n"
                + "Origin: http://example.com:hiddenorigin\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: hiddenkeyhiddenkeyhidQ==\r\n\r\n", from: .client)
        talk.send(
            "HTTP/1.1 101 card 4111 1111\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: hiddenanswerhiddenanswerabc=\r\n\r\n", from: .server)
        talk.sendText("hiddentext", from: .client)
        talk.finish(first: .client)
        let input = try folder.write("forms.pcap", talk.packets.pcap())
        let path = folder.path("forms.pcapng")
        #expect(try Wstap.run(["redact", input, "-o", path]).status == 0)
        let file = try [UInt8](Data(contentsOf: URL(filePath: path)))
        #expect(
            Self.words(file).filter { $0.contains("hidden") || ["deadbeef", "facade", "added"].contains($0) } == [])
        #expect(!String(decoding: file, as: UTF8.self).contains("4111"))
        let handshake = try #require(SharedEvents.events(of: path).first { $0["event"] as? String == "handshake" })
        #expect(handshake["accept_valid"] as? Bool == false)
    }
}
