import Testing

@testable import WebSocketProtocol

@Suite("Frame headers (RFC 6455 5.2)")
struct FrameHeaderTests {
    @Test("Lengths are read in each form that can hold them", arguments: FrameBytes.LengthForm.allCases)
    func lengths(form: FrameBytes.LengthForm) throws {
        let lengths: [UInt64] = [
            0, 1, 124, 125, 126, 127, 128, 255, 256, 65535, 65536, 1 << 32, 1 << 32 + 5, UInt64(Int64.max),
            UInt64(Int64.max) + 1, .max,
        ]
        for length in lengths where form != .sixteenBits || length <= 65535 {
            for key in [nil, 0, 0x3721_fa3d] as [UInt32?] {
                let bytes = FrameBytes(.binary, key: key, form: form, claimed: length).header
                let parsed = FrameHeader((bytes + [0xee]).span)
                let header = try #require(parsed)
                let shortest = FrameBytes(.binary, key: key, claimed: length).header.count
                #expect(header.payloadLength == length)
                #expect(header.hasMinimalLength == (bytes.count == shortest))
                #expect(header.byteCount == bytes.count)
                #expect(header.maskingKey == key)
                for count in bytes.indices {
                    let cut = FrameHeader(bytes.span.extracting(first: count))
                    #expect(cut == nil, "cut after \(count) bytes")
                }
            }
        }
    }

    @Test("Every first byte is split into flags and opcode")
    func firstBytes() throws {
        for byte: UInt8 in 0...255 {
            let parsed = FrameHeader([byte, 0].span)
            let header = try #require(parsed)
            #expect(header.fin == (byte >= 128))
            #expect(header.rsv1 == (byte / 64 % 2 == 1))
            #expect(header.rsv2 == (byte / 32 % 2 == 1))
            #expect(header.rsv3 == (byte / 16 % 2 == 1))
            #expect(header.opcode.rawValue == byte % 16)
            #expect(!header.isMasked)
        }
    }
}

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
        #expect("\(opcode)" == name)
        #expect(opcode.isControl == isControl)
        #expect(opcode.isReserved == isReserved)
    }

    @Test("The flags next to the opcode do not count")
    func flags() {
        #expect(Opcode(rawValue: 0xf1) == .text)
    }
}
