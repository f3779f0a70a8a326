import Foundation
import TestSupport
import Testing

@Suite("Redacted captures of rare cases")
struct RedactedRarityTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    @Test(
        "have the session after a body that begins like a response, and after responses to HEAD",
        arguments: [
            [("POST", "HTTP/1.1 hidden hidden")], [("GET", "HTTP/1.1 200 OK\r\nHidden: hidden\r\n\r\n")],
            [("HEAD", "")], [("HEAD", ""), ("GET", "HTTP/1.1 200 hidden")], [("GET", "hidden"), ("HEAD", "")],
        ])
    func bodies(exchanges: [(method: String, body: String)]) throws {
        var talk = TCPConversation()
        talk.open()
        for exchange in exchanges { talk.send("\(exchange.method) /hidden HTTP/1.1\r\nHost: a\r\n\r\n", from: .client) }
        for exchange in exchanges {
            let length = exchange.body.isEmpty ? 300 : exchange.body.utf8.count
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n\(exchange.body)", from: .server)
        }
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("hidden welcome", from: .server)
        talk.finish(first: .client)
        let input = try folder.write("bodies.pcap", talk.packets.pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", input, "-q", "-o", path]).status == 0)
        let original = try SharedEvents.lines(SharedEvents.events(of: input))
        #expect(original.keys.contains { $0.contains("handshake") })
        #expect(try SharedEvents.lines(SharedEvents.events(of: path)) == original)
        #expect(!String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self).contains("hidde"))
    }

    @Test(
        "have the frames around out-of-band bytes",
        arguments: [[(0, 1)], [(3, 4)], [(3, 4), (13, 14)], [(9, 10), (9, 10), (0, 1)]] as [[(Int, UInt16)]])
    func outOfBand(urgent: [(place: Int, pointer: UInt16)]) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hidden hello", from: .client)
        talk.acknowledge(from: .server)
        var places: [Int] = []
        for (place, _) in urgent {
            places.append(talk.packets.count)
            var frame = WireFrame.text("hidden words", from: .client)
            frame.insert(UInt8(ascii: "!"), at: place)
            talk.send(frame, from: .client)
            talk.acknowledge(from: .server)
            talk.sendText("hidden", from: .client)
            talk.acknowledge(from: .server)
        }
        talk.sendText("hidden", from: .server)
        talk.sendClose(1000, from: .client)
        talk.sendClose(1000, from: .server)
        talk.finish(first: .client)
        var packets = talk.packets
        for (packet, (_, pointer)) in zip(places, urgent) { packets[packet].setUrgent(pointer) }
        let input = try folder.write("urgent.pcap", packets.pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", input, "-q", "-o", path]).status == 0)
        let original = try SharedEvents.lines(SharedEvents.events(of: input))
        #expect(original.keys.contains { $0.contains("tcp.urgent") })
        #expect(try SharedEvents.lines(SharedEvents.events(of: path)) == original)
        #expect(!String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self).contains("hidde"))
    }

    /// How zlib 1.3 compresses a repeated letter, without the end of the flush: the number of letters, and the payload.
    private static let runs: [(count: Int, payload: String)] = [
        (40, "4a4c240e0000"), (600, "4a4c1c05a380fa0000"),
        (4096, "ecc1010d000000c2a0acef5fc21e0e28000000e0dd00"),
        (32_768, "ecc181000000008020d6fd2516a90a" + String(repeating: "00", count: 31) + "18"),
    ]

    @Test("have compressed messages that are hardly longer than their length field", arguments: runs)
    func repeated(count: Int, payload: String) throws {
        var talk = TCPConversation()
        let fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: fields), from: .client)
        talk.send(TCPConversation.upgradeResponse(fields: fields), from: .server)
        let wire = bytes(hex: payload)
        talk.send([0xc1, UInt8(wire.count)] + wire, from: .server)
        talk.finish(first: .client)
        let input = try folder.write("repeated.pcap", talk.packets.pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", input, "-q", "-o", path]).status == 0)
        let original = try SharedEvents.lines(SharedEvents.events(of: input))
        #expect(original.keys.contains { $0.contains("\"length\":\(count)") })
        #expect(try SharedEvents.lines(SharedEvents.events(of: path)) == original)
    }

    @Test(
        "have no address in fields whose words stay, if addresses are replaced",
        arguments: [
            "198.51.100.23", "node198.51.100.23:8080", "(198.51.100.23)", "198-51-100-23", "2001:db8::51:23",
            "[2001:db8::51:23]:80", "::ffff:198.51.100.23", "Chrome/198.51.100.23",
        ])
    func addresses(address: String) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send(
            TCPConversation.upgradeRequest(fields: "User-Agent: Mozilla/5.0 \(address) rv:109.0\r\n"), from: .client)
        talk.send(
            TCPConversation.upgradeResponse(fields: "Server: nginx/1.25.3 \(address)\r\nX-Powered-By: \(address)\r\n"),
            from: .server)
        talk.finish(first: .client)
        let input = try folder.write("addresses.pcap", talk.packets.pcap())
        let path = folder.path("redacted.pcapng")
        #expect(try Wstap.run(["redact", "--addresses", input, "-q", "-o", path]).status == 0)
        let file = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        for part in ["198.51", "51.100", "100.23", "51-100", "2001:", "51:23"] { #expect(!file.contains(part)) }
        #expect(file.contains("Mozilla/5.0 ") && file.contains(":109.0") && file.contains("nginx/1.25.3 "))
        let fields = try SharedEvents.events(of: path).compactMap { $0["response_headers"] as? [[String]] }
        let server = try #require(fields.first?.first { $0[0] == "Server" })
        #expect(fields.first?.contains(["X-Powered-By", String(server[1].dropFirst(13))]) == true)
    }
}
