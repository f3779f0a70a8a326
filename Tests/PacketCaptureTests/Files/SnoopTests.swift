import PacketCapture
import TestSupport
import Testing
import WireFormat

/// Snoop files (RFC 1761).
@Suite struct SnoopTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A file with two packets, as `editcap -F snoop` 4.0.17 writes them, of this data link type.
    private static func file(dataLink: UInt32 = 4) -> [UInt8] {
        var bytes: [UInt8] = [0x73, 0x6e, 0x6f, 0x6f, 0x70, 0, 0, 0, 0, 0, 0, 2] + dataLink.bigEndianBytes
        for (seconds, microseconds, original, packet) in packets {
            let padding = -packet.count & 3
            let numbers = [
                original, UInt32(packet.count), UInt32(24 + packet.count + padding), 0, seconds, microseconds,
            ]
            bytes += numbers.flatMap(\.bigEndianBytes) + packet + Array(repeating: 0, count: padding)
        }
        return bytes
    }

    private static let packets: [(UInt32, UInt32, UInt32, [UInt8])] = [
        (1_700_000_000, 123_456, 5, [1, 2, 3, 4, 5]), (1_700_000_001, 7, 1500, [9, 8, 7, 6]),
    ]

    private static let seen = [
        SeenPacket(1, at: 1_700_000_000_123_456_000, [1, 2, 3, 4, 5]),
        SeenPacket(2, at: 1_700_000_001_000_007_000, originalLength: 1500, [9, 8, 7, 6]),
    ]

    @Test("are read")
    func read() throws {
        let (packets, error) = try readAll(folder.write("a.snoop", Self.file()))
        #expect(error == nil && packets == Self.seen)
    }

    @Test("that are cut short give their whole part")
    func everyCut() throws {
        let whole = Self.file()
        for length in 16..<whole.count {
            let (packets, error) = try readAll(folder.write("\(length).snoop", Array(whole[..<length])))
            #expect(packets == Array(Self.seen.prefix(length < 48 ? 0 : 1)))
            #expect((error == nil) == (length == 16 || length == 48))
        }
    }

    @Test("with impossible lengths are reported as damaged", arguments: [8, 9, 10, 11, 20, 24, 25])
    func damaged(offset: Int) throws {
        var bytes = Self.file()
        bytes[offset] = 0xff
        #expect(throws: CaptureError.self) {
            let (_, error) = try readAll(folder.write("a.snoop", bytes))
            if let error { throw error }
        }
    }

    @Test(
        "of other links are not supported",
        arguments: [(0, 1), (4, 1), (8, 10), (26, 242), (2, 0x10002)] as [(UInt32, UInt32)])
    func links(dataLink: UInt32, linkType: UInt32) throws {
        let (packets, _) = try readAll(folder.write("a.snoop", Self.file(dataLink: dataLink)))
        #expect(packets.map(\.linkType.rawValue) == [linkType, linkType])
    }
}
