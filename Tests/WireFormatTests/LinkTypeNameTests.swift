import Testing
import WireFormat

@Suite("Link type names")
struct LinkTypeNameTests {
    @Test(
        "link types have the names people use",
        arguments: [
            (0, "BSD loopback"), (1, "Ethernet"), (12, "Raw IP"), (101, "Raw IP"), (105, "IEEE 802.11"),
            (113, "Linux cooked"), (147, "user 0"), (162, "user 15"), (187, "Bluetooth HCI"), (189, "USB"),
            (227, "CAN"), (276, "Linux cooked 2"),
        ] as [(UInt32, String)])
    func named(number: UInt32, name: String) {
        #expect(LinkType(rawValue: number).name == name)
    }

    @Test("a link type without a name is shown by its number", arguments: [2, 146, 9999, UInt32.max])
    func unnamed(number: UInt32) {
        #expect(LinkType(rawValue: number).name == "link type \(number)")
    }
}
