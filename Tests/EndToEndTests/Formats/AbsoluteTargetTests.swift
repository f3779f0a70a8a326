import TestSupport
import Testing

@Suite("A request target in absolute form (RFC 9112 3.2.2)")
struct AbsoluteTargetTests {
    /// Request targets, and what they request.
    static let targets = [
        ("ws://chat.example/room?id=7&x=", "ws://chat.example/room?id=7&x="),
        ("http://chat.example:8080/room", "ws://chat.example:8080/room"),
        ("WSS://user:secret@chat.example/room", "wss://chat.example/room"),
        ("https://[2001:db8::1]:8443?id=7", "wss://[2001:db8::1]:8443/?id=7"),
        ("ws://chat.example", "ws://chat.example/"),
    ]

    @Test("is shown as the URL in each format", arguments: targets, [true, false])
    func formats(target: (sent: String, url: String), isAccepted: Bool) throws {
        let folder = try ScratchFolder()
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(target.sent), from: .client)
        if isAccepted {
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            talk.sendText("hello", from: .client)
        } else {
            talk.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", from: .server)
        }
        talk.finish(first: .client)
        let capture = try folder.write("absolute.pcap", talk.packets.pcap())
        func output(_ format: String) throws -> String {
            String(decoding: try Wstap.run([capture, "--format", format, "--color", "never"]).output, as: UTF8.self)
        }
        let timeline = try output("timeline")
        #expect(timeline.contains("  \(target.url)\n") && timeline.contains("GET \(target.sent) "))
        #expect(try output("summary").contains("  \(target.url)\n"))
        #expect(try output("jsonl").contains(#""url":"\#(target.url)""#))
        let archive = try output("har")
        #expect(archive.contains(#""url":"\#(target.url)""#))
        #expect(archive.contains(#""queryString":[{"name":"id","value":"7"}"#) == target.sent.contains("?id=7"))
    }
}
