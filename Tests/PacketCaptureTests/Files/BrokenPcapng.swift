import PacketCapture
import TestSupport
import WireFormat

extension BrokenFile {
    /// A pcapng file with one packet of four bytes, followed at byte 88 by what `edit` writes.
    private static func pcapng(_ name: String, _ message: String, _ edit: (inout PcapngBuilder) -> Void) -> BrokenFile {
        var pcapng = Self.pcapng
        edit(&pcapng)
        return BrokenFile(
            testDescription: name, bytes: pcapng.bytes, packetCount: 1, kind: .damaged, message: "damaged " + message)
    }

    private static func cut(_ name: String, _ bytes: [UInt8], packets: Int = 1, _ message: String) -> BrokenFile {
        BrokenFile(
            testDescription: name, bytes: bytes, packetCount: packets, kind: .cutShort, message: "cut short " + message)
    }

    /// Like `pcapng`, with a statistics block after the packet.
    private static let statistics: [UInt8] = {
        var pcapng = Self.pcapng
        pcapng.appendBlock(5, [UInt8](repeating: 0, count: 40))
        return pcapng.bytes
    }()

    static let pcapngs = [
        BrokenFile(
            testDescription: "pcapng byte order", bytes: [0x0A, 0x0D, 0x0D, 0x0A] + [UInt8](repeating: 7, count: 24),
            kind: .damaged,
            message: """
                damaged inside the file header, at byte 0: unknown byte order 0x7070707 in a section header block
                """),
        BrokenFile(
            testDescription: "pcapng version", bytes: PcapngBuilder(version: (2, 0)).bytes, kind: .damaged,
            message: "damaged inside the file header, at byte 0: pcapng version 2.0 is not supported"),
        cut(
            "interface cut", [UInt8](pcapng.bytes.prefix(40)), packets: 0,
            "inside the file header, at byte 40: inside the interface description block"),
        cut("block header cut", [UInt8](statistics.prefix(88 + 3)), "after packet 1, at byte 91"),
        cut("statistics header cut", [UInt8](statistics.prefix(88 + 11)), "after packet 1, at byte 99"),
        cut(
            "statistics cut", [UInt8](statistics.prefix(88 + 30)),
            "after packet 1, at byte 118: inside the interface statistics block"),
        cut(
            "trailing length cut", [UInt8](statistics.dropLast()),
            "after packet 1, at byte 139: inside the interface statistics block"),
        pcapng("tiny block", "after packet 1, at byte 88: the block of type 0xbad claims length 8") {
            $0.appendBlock(0xBAD, [], claiming: 8)
        },
        pcapng(
            "lengths differ",
            """
            after packet 1, at byte 88: the name resolution block starts with length 16 and ends with length 20
            """
        ) { $0.appendBlock(4, [1, 2, 3, 4], trailer: 20) },
        pcapng(
            "packet's lengths differ",
            """
            inside packet 2, at byte 88: the simple packet block starts with length 20 and ends with length 0
            """
        ) { $0.appendBlock(3, [4, 0, 0, 0, 1, 2, 3, 4], trailer: 0) },
        pcapng("too many interfaces", "after packet 1, at byte 1572928: more than 65536 interfaces") {
            for _ in 0..<65_536 { $0.appendInterface() }
        },
        pcapng("unknown interface", "inside packet 2, at byte 88: interface 1 is not described by any block") {
            $0.append([1], interface: 1)
        },
        pcapng(
            "interface of an earlier section", "inside packet 2, at byte 116: interface 0 is not described by any block"
        ) {
            $0.appendSection()
            $0.appendSimple([1])
        },
        pcapng(
            "captured length", "inside packet 2, at byte 88: captured length 5 does not fit in a block of length 36"
        ) { $0.append([1, 2, 3, 4], claiming: 5) },
        pcapng(
            "absurd captured length",
            "inside packet 2, at byte 88: captured length 4294967295 does not fit in a block of length 32"
        ) {
            $0.append([], claiming: .max)
        },
        pcapng("short packet block", "inside packet 2, at byte 88: the enhanced packet block claims length 28") {
            $0.appendBlock(6, [UInt8](repeating: 0, count: 16))
        },
        pcapng(
            "absurd block",
            """
            inside packet 2, at byte 88: the enhanced packet block claims length 4294967295, above the maximum of \
            16842752
            """
        ) { $0.appendBlock(6, [UInt8](repeating: 0, count: 24), claiming: .max) },
        pcapng(
            "option past the end",
            "after packet 1, at byte 88: an option of the interface description block runs past the block's end"
        ) { $0.appendInterface(.raw, .init(), extra: $0.option(2, [65], claiming: 9)) },
        pcapng(
            "time resolution's length",
            "after packet 1, at byte 88: option 9 of the interface description block has length 2"
        ) { $0.appendInterface(.raw, .init(), extra: $0.option(9, [6, 6])) },
        pcapng(
            "short interface", "after packet 1, at byte 88: the interface description block claims length 16"
        ) { $0.appendBlock(1, [1, 0, 0, 0]) },
        pcapng(
            "secrets' length", "after packet 1, at byte 88: 5 bytes of secrets do not fit in a block of length 24"
        ) { $0.appendSecrets([1, 2, 3, 4], claiming: 5) },
        pcapng("later version", "after packet 1, at byte 88: pcapng version 9.0 is not supported") {
            $0.appendSection(version: (9, 0))
        },
    ]
}
