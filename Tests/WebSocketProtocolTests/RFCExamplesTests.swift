import Testing

@testable import WebSocketProtocol

@Suite("The examples of RFC 6455 5.7 and RFC 7692 7.2.3")
struct RFCExamplesTests {
    @Test(
        "RFC 6455 5.7: messages",
        arguments: [
            (Role.server, "81 05 48 65 6c 6c 6f"),
            (.client, "81 85 37 fa 21 3d 7f 9f 4d 51 58"),
            (.server, "01 03 48 65 6c 80 02 6c 6f"),
        ])
    func hello(sender: Role, hex: String) {
        let reported = StreamSetup(sender: sender).readEveryWay([UInt8](hex: hex))
        #expect(reported.texts == ["Hello"])
        #expect(reported.violations.isEmpty)
    }

    @Test(
        "RFC 6455 5.7: Ping and Pong",
        arguments: [
            (Role.server, Opcode.ping, "89 05 48 65 6c 6c 6f"),
            (.client, .pong, "8a 85 37 fa 21 3d 7f 9f 4d 51 58"),
        ])
    func controls(sender: Role, opcode: Opcode, hex: String) {
        let reported = StreamSetup(sender: sender).readEveryWay([UInt8](hex: hex))
        #expect(reported.frames.map(\.header.opcode) == [opcode])
        #expect(reported.framePayloads == [Array("Hello".utf8)])
        #expect(reported.count == 1)
    }

    @Test(
        "RFC 6455 5.7: binary messages of 256 bytes and of 64 KiB",
        arguments: [("82 7e 0100", 256), ("82 7f 0000000000010000", 65536)])
    func binary(header: String, length: Int) {
        let payload = (0..<length).map { UInt8($0 % 251) }
        let reported = StreamSetup().readEveryWay([UInt8](hex: header) + payload)
        #expect(reported.messagePayloads == [payload])
        #expect(reported.messages.map(\.isText) == [false])
        #expect(reported.violations.isEmpty)
    }

    @Test(
        "RFC 7692 7.2.3: compressed messages",
        arguments: [
            ("7.2.3.1 one block", "c1 07 f2 48 cd c9 c9 07 00", ["Hello"]),
            ("7.2.3.1 two fragments", "41 03 f2 48 cd 80 04 c9 c9 07 00", ["Hello"]),
            ("7.2.3.2 sharing the window", "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00", ["Hello", "Hello"]),
            ("7.2.3.3 a stored block", "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", ["Hello"]),
            ("7.2.3.4 a final block", "c1 08 f3 48 cd c9 c9 07 00 00", ["Hello"]),
            ("7.2.3.5 two blocks", "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", ["Hello"]),
            ("7.2.3.6 an empty message", "c1 01 00", [""]),
            (
                "all of them in one session",
                """
                c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00 c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00
                c1 08 f3 48 cd c9 c9 07 00 00 c1 05 f2 00 11 00 00 c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00
                c1 01 00 41 03 f2 48 cd 80 04 c9 c9 07 00
                """,
                ["Hello", "Hello", "Hello", "Hello", "Hello", "Hello", "", "Hello"]
            ),
        ])
    func compressed(name: String, hex: String, texts: [String]) {
        let reported = StreamSetup(compression: DeflateParameters()).readEveryWay([UInt8](hex: hex))
        #expect(reported.texts == texts)
        #expect(reported.messages.allSatisfy { $0.isCompressed && $0.isComplete && $0.payload == .whole })
        #expect(reported.violations.isEmpty)
    }
}
