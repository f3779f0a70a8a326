import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("IPv6")
struct IPv6Tests {
    let sent = Sample.ipv6

    @Test(
        "extension headers are skipped",
        arguments: [
            [.hopByHop(options: [])],
            [.hopByHop(options: [5, 2, 0, 0])],
            [.hopByHop(options: Array(repeating: 0, count: 300))],
            [.routing],
            [.destination(options: [1, 0])],
            [.authentication(checkValue: Array(repeating: 1, count: 12))],
            [.fragment(offset: 0, moreFragments: false)],
            [.other(number: 135, bytes: [0, 0, 0, 0, 0, 0, 0])],
            [.other(number: 139, bytes: [1] + Array(repeating: 0, count: 14))],
            [.other(number: 140, bytes: [0, 0, 0, 0, 0, 0, 0])],
            [
                .hopByHop(options: []), .destination(options: []), .routing, .fragment(offset: 0, moreFragments: false),
                .authentication(checkValue: []), .destination(options: []),
            ],
        ] as [[IPv6ExtensionHeader]])
    func extensionHeaders(headers: [IPv6ExtensionHeader]) throws {
        let whole = IPv6Datagram(sent, extensionHeaders: headers).ethernet()
        let segment = try #require(decode(whole).segment)
        #expect(segment.source == sent.source)
        #expect(segment.destination == sent.destination)
        #expect(Array(whole[segment.payload]) == sent.payload)
        #expect(segment.payloadLength == sent.payload.count)

        for length in 0..<segment.payload.lowerBound {
            let cut = decode(Array(whole[..<length]), originalLength: whole.count)
            #expect(cut.outcome == .truncated, "cut to \(length)")
        }
    }

    @Test("any number of extension headers is skipped, as hosts do", arguments: [29, 30, 150])
    func manyExtensionHeaders(count: Int) throws {
        let headers = Array(repeating: IPv6ExtensionHeader.destination(options: []), count: count)
        let bytes = IPv6Datagram(sent, extensionHeaders: headers).ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(segment.networkHeader(in: bytes.span) == 14 && segment.areExtensionHeadersAccepted(in: bytes.span))
    }

    @Test(
        "fragments are distinguished, even the first and the last",
        arguments: [
            (0, true), (185, true), (185, false),
        ] as [(UInt16, Bool)])
    func fragments(offset: UInt16, more: Bool) {
        let sent = TCPPacket(from: sent.source, to: sent.destination, payload: Array(repeating: 7, count: 44))
        let header = IPv6ExtensionHeader.fragment(offset: offset, moreFragments: more)
        #expect(decode(IPv6Datagram(sent, extensionHeaders: [header]).ethernet()).outcome == .fragment)
    }

    @Test("hop-by-hop options anywhere but first are malformed")
    func lateHopByHop() {
        let headers: [IPv6ExtensionHeader] = [.destination(options: []), .hopByHop(options: [])]
        #expect(decode(IPv6Datagram(sent, extensionHeaders: headers).ethernet()).outcome == .malformed)
    }

    @Test("a jumbo payload option gives the length")
    func jumbo() throws {
        let large = TCPPacket(from: sent.source, to: sent.destination, payload: Array(repeating: 7, count: 70_000))
        let bytes = IPv6Datagram(large, extensionHeaders: [.jumboPayload(length: 8 + 20 + 70_000)], payloadLength: 0)
            .ethernet(trailer: [0xee, 0xee, 0xee, 0xee])
        let segment = try #require(decode(bytes).segment)
        #expect(segment.payload == 82..<(82 + 70_000))
        #expect(segment.payloadLength == 70_000)

        let cut = try #require(decode(Array(bytes[..<96]), originalLength: bytes.count).segment)
        #expect(cut.payload == 82..<96)
        #expect(cut.payloadLength == 70_000)
    }

    @Test(
        "a jumbo payload option that contradicts the packet is malformed",
        arguments: [
            (0, 0), (65_535, 0), (8 + 20 + 70_001, 0), (0xffff_ffff, 0), (8 + 20 + 70_000, 60),
        ] as [(UInt32, UInt16)])
    func wrongJumbo(length: UInt32, payloadLength: UInt16) {
        let large = TCPPacket(from: sent.source, to: sent.destination, payload: Array(repeating: 7, count: 70_000))
        let datagram = IPv6Datagram(
            large, extensionHeaders: [.jumboPayload(length: length)], payloadLength: payloadLength)
        #expect(decode(datagram.ethernet()).outcome == .malformed)
    }

    @Test(
        "payload length 0 means the length of the packet on the wire",
        arguments: [
            [], [.hopByHop(options: [5, 2, 0, 0])],
        ] as [[IPv6ExtensionHeader]])
    func noPayloadLength(headers: [IPv6ExtensionHeader]) throws {
        let large = TCPPacket(from: sent.source, to: sent.destination, payload: Array(repeating: 7, count: 70_000))
        let bytes = IPv6Datagram(large, extensionHeaders: headers, payloadLength: 0).ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(segment.payload == (bytes.count - 70_000)..<bytes.count)
        #expect(segment.payloadLength == 70_000)
    }

    @Test(
        "broken hop-by-hop options do not hide the segment",
        arguments: [
            [0xc2], [0xc2, 4], [0xc2, 4, 0, 1], [5, 255], [0xc2, 3, 1, 1, 1, 1],
        ] as [[UInt8]])
    func brokenOptions(options: [UInt8]) {
        let header = IPv6ExtensionHeader.other(
            number: 0, bytes: [0] + options + Array(repeating: 0xff, count: 6 - options.count))
        let whole = IPv6Datagram(sent, extensionHeaders: [header])
        let decoded = decode(whole.ethernet()).outcome
        #expect(decoded == (options.starts(with: [0xc2, 4]) ? .malformed : .tcp))
    }

    @Test(
        "a payload length that is more than the packet, or ends within a header, is malformed",
        arguments: [
            1, 19, 31, 45, 0xffff,
        ] as [UInt16])
    func wrongPayloadLength(length: UInt16) {
        #expect(decode(IPv6Datagram(sent, payloadLength: length).ethernet()).outcome == .malformed)
    }

    @Test("an extension header longer than the payload is malformed")
    func longExtensionHeader() {
        let header = IPv6ExtensionHeader.other(number: 60, bytes: [255, 0, 0, 0, 0, 0, 0])
        #expect(decode(IPv6Datagram(sent, extensionHeaders: [header]).ethernet()).outcome == .malformed)
    }

    @Test("an authentication header of less than 12 bytes is malformed")
    func shortAuthentication() {
        let header = IPv6ExtensionHeader.other(number: 51, bytes: Array(repeating: 0, count: 7))
        #expect(decode(IPv6Datagram(sent, extensionHeaders: [header]).ethernet()).outcome == .malformed)
    }

    @Test("other protocols are neither TCP nor UDP", arguments: [1, 17, 58, 59, 132, 253] as [UInt8])
    func otherProtocols(number: UInt8) {
        let datagram = IPv6Datagram(
            from: sent.source.address, to: sent.destination.address, protocolNumber: number, payload: sent.segment)
        #expect(decode(datagram.ethernet()).outcome == .other)
    }
}
