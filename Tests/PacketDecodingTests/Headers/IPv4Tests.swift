import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("IPv4")
struct IPv4Tests {
    let sent = Sample.ipv4

    @Test("options are skipped", arguments: [4, 12, 40])
    func options(length: Int) throws {
        let bytes = IPv4Datagram(sent, options: Array(repeating: 1, count: length)).ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(segment.source == sent.source)
        #expect(Array(bytes[segment.payload]) == sent.payload)
    }

    @Test("total length 0 means the length of the packet on the wire")
    func noTotalLength() throws {
        let payload = [UInt8](repeating: 7, count: 70_000)
        let bytes = IPv4Datagram(TCPPacket(payload: payload), totalLength: 0).ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(segment.payload == 54..<bytes.count)
        #expect(segment.payloadLength == 70_000)

        let cut = try #require(decode(Array(bytes[..<100]), originalLength: bytes.count).segment)
        #expect(cut.payload == 54..<100)
        #expect(cut.payloadLength == 70_000)
    }

    @Test(
        "fragments are distinguished, even the first and the last",
        arguments: [
            (0, true), (185, true), (185, false), (8183, false),
        ] as [(UInt16, Bool)])
    func fragments(offset: UInt16, more: Bool) {
        let sent = TCPPacket(payload: Array(repeating: 7, count: 44))
        let bytes = IPv4Datagram(sent, fragmentOffset: offset, moreFragments: more).ethernet()
        #expect(decode(bytes).outcome == .fragment)
    }

    @Test("don't-fragment and the reserved bit do not mean a fragment", arguments: [0x40, 0x80, 0xc0] as [UInt8])
    func otherFlags(flags: UInt8) {
        var bytes = sent.datagram
        bytes[6] = flags
        #expect(decode(bytes, as: .raw).outcome == .tcp)
    }

    @Test(
        "the total length cannot be less than the header or more than the packet",
        arguments: [
            1, 19, 65, 66, 0xffff,
        ] as [UInt16])
    func wrongTotalLength(length: UInt16) {
        // 20 bytes of IP, 32 of TCP and 12 of payload: 64.
        let bytes = IPv4Datagram(sent, totalLength: length).ethernet()
        #expect(decode(bytes).outcome == .malformed)
    }

    @Test("a total length within the TCP header is malformed", arguments: 20..<52)
    func totalLengthInHeader(length: Int) {
        #expect(decode(IPv4Datagram(sent, totalLength: UInt16(length)).ethernet()).outcome == .malformed)
    }

    @Test("a total length beyond the packet is malformed even if the capture is cut")
    func totalLengthBeyondWire() {
        let bytes = IPv4Datagram(sent, totalLength: 65).ethernet()
        #expect(decode(Array(bytes.dropLast(4)), originalLength: bytes.count).outcome == .malformed)
        #expect(decode(Array(bytes.dropLast(4)), originalLength: bytes.count + 1).outcome == .tcp)
    }

    @Test("an original length below the captured length is ignored")
    func originalLengthTooSmall() {
        #expect(decode(sent.ethernet(), originalLength: 20).outcome == .tcp)
    }

    @Test(
        "a header of another version, or of less than 20 bytes, is malformed",
        arguments: [
            0x44, 0x40, 0x65, 0x05,
        ] as [UInt8])
    func wrongFirstByte(byte: UInt8) {
        var bytes = sent.ethernet()
        bytes[14] = byte
        #expect(decode(bytes).outcome == .malformed)
    }

    @Test("other protocols are neither TCP nor UDP", arguments: [0, 1, 17, 43, 44, 60, 132] as [UInt8])
    func otherProtocols(number: UInt8) {
        let datagram = IPv4Datagram(
            from: sent.source.address, to: sent.destination.address, protocolNumber: number, payload: sent.segment)
        #expect(decode(datagram.ethernet()).outcome == .other)
    }

    @Test("an authentication header is skipped", arguments: [0, 12, 32])
    func authentication(checkValueLength: Int) throws {
        let header = IPv6ExtensionHeader.authentication(checkValue: Array(repeating: 9, count: checkValueLength))
        let bytes = IPv4Datagram(
            from: sent.source.address, to: sent.destination.address, protocolNumber: 51,
            payload: header.bytes(next: 6) + sent.segment
        ).ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(segment.destination == sent.destination)
        #expect(Array(bytes[segment.payload]) == sent.payload)
    }
}
