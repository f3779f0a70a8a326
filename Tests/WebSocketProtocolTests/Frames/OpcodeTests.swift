import Testing
import WebSocketProtocol

@Suite("Opcodes (RFC 6455 5.2, 11.8)")
struct OpcodeTests {
    @Test(
        "Each value has its name and kind",
        arguments: [
            (0, "continuation", false, false), (1, "text", false, false), (2, "binary", false, false),
            (3, "reserved-3", false, true), (4, "reserved-4", false, true), (5, "reserved-5", false, true),
            (6, "reserved-6", false, true), (7, "reserved-7", false, true), (8, "close", true, false),
            (9, "ping", true, false), (10, "pong", true, false), (11, "reserved-11", true, true),
            (12, "reserved-12", true, true), (13, "reserved-13", true, true), (14, "reserved-14", true, true),
            (15, "reserved-15", true, true),
        ])
    func kinds(value: UInt8, name: String, isControl: Bool, isReserved: Bool) {
        let opcode = Opcode(rawValue: value)
        #expect(opcode.name == name)
        #expect(opcode.isControl == isControl)
        #expect(opcode.isReserved == isReserved)
    }

    @Test("The flags beside it do not count")
    func flags() {
        #expect(Opcode(rawValue: 0xf1) == .text)
    }
}
