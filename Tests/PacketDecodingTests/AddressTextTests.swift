import Foundation
import PacketDecoding
import TestSupport
import Testing

@Suite("Addresses as text")
struct AddressTextTests {
    @Test(
        "addresses are written as defined by RFC 5952",
        arguments: [
            "0.0.0.0", "10.0.0.7", "127.0.0.1", "255.255.255.255",
            "::", "::1", "1::", "2001:db8::1", "fe80::1ff:fe23:4567:890a",
            // RFC 5952 4.2: the longest run of zeros, the first among equals, never a single group.
            "2001:0:0:1::1", "2001:db8::1:0:0:1", "2001:db8:0:1:1:1:1:1", "0:1:0:1:0:1:0:1", "1:0:1:0:1:0:1:0",
            "::1:2:3:4:5:6", "1:2:3:4:5:6::", "1::8", "abcd:ef01:2345:6789:abcd:ef01:2345:6789",
            // RFC 5952 5: IPv4-mapped.
            "::ffff:1.2.3.4", "::ffff:0.0.0.0", "::ffff:255.255.255.255", "::fffe:102:304", "::1:ffff:102:304",
        ])
    func canonical(text: String) {
        #expect(IPAddress(text).description == text)
    }

    @Test(
        "other spellings are brought to the same form",
        arguments: [
            ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("2001:db8::0:1", "2001:db8::1"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::1.2.3.4", "::102:304"),
            ("::ffff:102:304", "::ffff:1.2.3.4"),
        ])
    func spellings(text: String, canonical: String) {
        #expect(IPAddress(text).description == canonical)
    }

    @Test(
        "every pattern of zero groups reads back, in the C library's spelling", arguments: [0x0001, 0xfedc] as [UInt16])
    func zeroPatterns(group: UInt16) {
        for pattern in 0..<256 {
            let bits = (0..<8).reduce(into: UInt128(0)) { bits, index in
                bits = bits << 16 | (pattern >> index & 1 == 0 ? 0 : UInt128(group))
            }
            let address = IPAddress(ipv6: bits)
            #expect(IPAddress(address.description) == address)
            // The C library writes ::0.0.0.0/96 with a dotted quad; RFC 5952 5 does so only for known prefixes.
            if bits >> 32 != 0 { #expect(address.description == cSpelling(of: address)) }
        }
    }

    @Test(
        "an endpoint is an address and a port, with brackets for IPv6",
        arguments: [
            "10.0.0.7:53412", "[::1]:80", "[2001:db8::7]:0", "[::ffff:10.0.0.7]:65535",
        ])
    func endpoints(text: String) {
        #expect(Endpoint(text).description == text)
    }

    private func cSpelling(of address: IPAddress) -> String {
        var text = [CChar](repeating: 0, count: 64)
        inet_ntop(AF_INET6, address.bytes, &text, 64)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
