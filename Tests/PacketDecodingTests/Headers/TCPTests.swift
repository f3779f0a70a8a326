import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("TCP headers")
struct TCPTests {
    @Test(
        "the window scale is read on SYN segments only",
        arguments: [
            ([.syn], 7), ([.syn, .ack], 7), ([.ack], nil), ([.rst], nil), ([.fin, .ack], nil),
        ] as [(TCPFlags, UInt8?)])
    func windowScale(flags: TCPFlags, scale: UInt8?) {
        let packet = TCPPacket(
            flags: flags,
            options: [
                .maximumSegmentSize(1460), .selectiveAcknowledgmentPermitted, .timestamps(1, echo: 0), .noOperation,
                .windowScale(7),
            ])
        let segment = decode(packet.ethernet()).segment
        #expect(segment?.flags == flags)
        #expect(segment?.windowScale == scale)
    }

    @Test(
        "options of every shape leave the segment readable",
        arguments: [
            ([.windowScale(0)], 0),
            ([.windowScale(14)], 14),
            ([.windowScale(15)], 14),
            ([.windowScale(255)], 14),
            ([], nil),
            ([.maximumSegmentSize(1460)], nil),
            ([.endOfOptions, .windowScale(7)], nil),
            ([.bytes([8])], nil),
            ([.bytes([3])], nil),
            ([.bytes([1, 1, 3, 3])], nil),
            ([.bytes([3, 2, 7])], nil),
            ([.bytes([3, 4, 7, 7]), .windowScale(5)], 5),
            ([.bytes([99, 0]), .windowScale(5)], nil),
            ([.bytes([99, 1]), .windowScale(5)], nil),
            ([.bytes([99, 2]), .windowScale(5)], 5),
            ([.bytes([99, 255]), .windowScale(5)], nil),
            ([.bytes(Array(repeating: 1, count: 37)), .windowScale(5)], 5),
        ] as [([TCPOption], UInt8?)])
    func oddOptions(options: [TCPOption], scale: UInt8?) throws {
        let sent = TCPPacket(flags: [.syn], options: options, payload: [1, 2, 3])
        let bytes = sent.ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(segment.windowScale == scale)
        #expect(Array(bytes[segment.payload]) == [1, 2, 3])
    }

    @Test("every control bit is kept", arguments: 0...255 as ClosedRange<UInt8>)
    func flags(bits: UInt8) {
        let segment = decode(TCPPacket(flags: TCPFlags(rawValue: bits)).ethernet()).segment
        #expect(segment?.flags.rawValue == bits)
    }

    @Test("a data offset under 5, or beyond the datagram, is malformed", arguments: 0...15 as ClosedRange<UInt8>)
    func dataOffset(offset: UInt8) {
        var bytes = TCPPacket(payload: Array(repeating: 0, count: 8)).datagram
        bytes[32] = offset << 4
        let decoded = decode(bytes, as: .raw)
        switch offset {
        case 5...7: #expect(decoded.segment?.payloadLength == 28 - Int(offset) * 4)
        default: #expect(decoded.outcome == .malformed)
        }
    }

    @Test("a segment without payload has an empty range at its end")
    func emptyPayload() {
        let segment = decode(TCPPacket().ethernet(trailer: Array(repeating: 0, count: 6))).segment
        #expect(segment?.payload == 54..<54)
        #expect(segment?.payloadLength == 0)
    }
}
