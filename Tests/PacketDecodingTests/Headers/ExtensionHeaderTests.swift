import PacketDecoding
import TestSupport
import Testing

/// What a Linux host did with each of these, according to a server's log (fixtures/evasion).
@Suite("IPv6 extension headers")
struct ExtensionHeaderTests {
    @Test(
        "are accepted",
        arguments: [
            [], [.hopByHop(options: [])], [.destination(options: [1, 4, 0, 0, 0, 0])],
            [.destination(options: [0x1e, 4, 0, 0, 0, 0])], [.other(number: 43, bytes: [0, 0, 0, 0, 0, 0, 0])],
            [.fragment(offset: 0, moreFragments: false)], [.hopByHop(options: [5, 2, 0, 0, 1, 0])],
            [.hopByHop(options: [1, 0, 0x31, 2, 0, 0])], [.destination(options: [7, 4, 0, 0, 0, 0])],
        ] as [[IPv6ExtensionHeader]])
    func accepted(headers: [IPv6ExtensionHeader]) throws {
        #expect(try isAccepted(headers))
    }

    @Test(
        "are refused",
        arguments: [
            [.destination(options: [0x5e, 4, 0, 0, 0, 0])], [.hopByHop(options: [0x9e, 4, 0, 0, 0, 0])],
            [.hopByHop(options: [5, 4, 0, 0, 0, 0])], [.hopByHop(options: [0x31, 4, 0, 0, 0, 0])],
            [.hopByHop(options: [7, 8, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0])],
            [.destination(options: [1, 9, 0, 0, 0, 0])], [.destination(options: [1, 4, 97, 98, 99, 100])],
            [.destination(options: [1, 12] + Array(repeating: 0, count: 12))],
            [.other(number: 43, bytes: [2, 0, 1] + Array(repeating: 0, count: 20))],
            [.other(number: 43, bytes: [2, 4, 0] + Array(repeating: 0, count: 20))],
            [.authentication(checkValue: Array(repeating: 7, count: 12))],
            [.other(number: 135, bytes: [0, 0, 0, 0, 0, 0, 0])], [.other(number: 139, bytes: [0, 0, 0, 0, 0, 0, 0])],
            [.fragment(offset: 0, moreFragments: false), .fragment(offset: 0, moreFragments: false)],
        ] as [[IPv6ExtensionHeader]])
    func refused(headers: [IPv6ExtensionHeader]) throws {
        #expect(try !isAccepted(headers))
    }

    private func isAccepted(_ headers: [IPv6ExtensionHeader]) throws -> Bool {
        let bytes = IPv6Datagram(Sample.ipv6, extensionHeaders: headers).ethernet()
        let segment = try #require(decode(bytes).segment)
        return segment.areExtensionHeadersAccepted(in: bytes.span)
    }
}
