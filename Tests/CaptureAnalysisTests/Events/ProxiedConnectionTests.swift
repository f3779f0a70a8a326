import Testing

@testable import CaptureAnalysis

@Suite("Addresses in heads of the PROXY protocol")
struct ProxiedConnectionTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

    private func text(_ header: [UInt8]) -> String? {
        ProxiedConnection(header: header.span).map { "\($0.version) \($0.client) \($0.server)" }
    }

    @Test(arguments: [
        ("PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n", "1 192.0.2.1:5000 192.0.2.2:80"),
        ("PROXY TCP6 2001:db8::1 ::1 5000 65535\r\n", "1 [2001:db8::1]:5000 [::1]:65535"),
        ("PROXY TCP6 1:2:3:4:5:6:7:8 ::ffff:1.2.3.4 1 2\r\n", "1 [1:2:3:4:5:6:7:8]:1 [::ffff:1.2.3.4]:2"),
        ("PROXY UNKNOWN\r\n", nil), ("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", nil),
        ("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", nil),
        ("PROXY TCP4 1.2.3.4 1.2.3.256 1 2\r\n", nil), ("PROXY TCP4 1.2.3.4 1.2.3.5 1 65536\r\n", nil),
        ("PROXY TCP6 1::2::3 ::1 1 2\r\n", nil), ("PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", nil),
        ("PROXY TCP4\r\n", nil),
    ])
    func `Version 1`(line: String, expected: String?) { #expect(text(Array(line.utf8)) == expected) }

    @Test func `Version 2`() {
        let ipv4: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0x88, 0, 80]
        #expect(text(Self.signature + [0x21, 0x11, 0, 12] + ipv4) == "2 192.0.2.1:5000 192.0.2.2:80")
        let ipv6 =
            [UInt8](repeating: 0, count: 15) + [1] + [0x20, 1] + [UInt8](repeating: 0, count: 13) + [2, 0, 1, 0, 2]
        #expect(text(Self.signature + [0x21, 0x21, 0, 36] + ipv6) == "2 [::1]:1 [2001::2]:2")
        // LOCAL, UNSPEC, UDP, a Unix socket, and a length without room for addresses.
        for head: [UInt8] in [
            [0x20, 0x11, 0, 12], [0x21, 0, 0, 12], [0x21, 0x12, 0, 12], [0x21, 0x31, 0, 12], [0x21, 0x11, 0, 11],
        ] {
            #expect(text(Self.signature + head + ipv4) == nil)
        }
        #expect(text(Self.signature + [0x21, 0x21, 0, 36] + ipv4) == nil)
        #expect(text(Self.signature + [0x20, 0, 0, 0]) == nil)
        #expect(text([]) == nil)
    }
}
