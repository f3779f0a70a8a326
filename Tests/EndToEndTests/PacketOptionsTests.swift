import Foundation
import TestSupport
import Testing

/// A pcapng file whose packets have options (draft-ietf-opsawg-pcapng 4.3).
private struct CommentedCapture {
    /// What `cut` keeps of each packet's options, as files of its own have them: lowest byte first.
    private(set) var kept: [[UInt8]] = []
    private(set) var bytes: [UInt8]

    /// A chat whose longer packets are in two fragments, with a comment and one more option on every packet.
    ///
    /// - Parameters:
    ///   - order: The byte order of the file.
    ///   - isDamaged: Whether one option has a wrong length, which tshark takes for the end of the file.
    init(_ order: ByteOrder, isDamaged: Bool = true) {
        var file = PcapngBuilder(order)
        file.appendInterface(resolution: 9)
        for packet in TCPConversation.chat.packets {
            let ethernet = packet.bytes.prefix(14)
            for part in Self.fragments(Array(packet.bytes.dropFirst(14))) {
                let (given, kept) = Self.options(kept.count, order, isDamaged)
                self.kept.append(kept)
                let ticks = 1_700_000_000_000_000_000 + UInt64(self.kept.count) * 1_000_000
                file.append(ethernet + part, ticks: ticks, options: given)
            }
        }
        bytes = file.bytes
    }

    /// The datagram as it is, or in two parts if it has more than 100 bytes.
    private static func fragments(_ datagram: [UInt8]) -> [[UInt8]] {
        guard datagram.count > 100 else { return [datagram] }
        func part(_ payload: ArraySlice<UInt8>, _ place: UInt16) -> [UInt8] {
            var header = Array(datagram[..<20])
            header.replaceSubrange(2..<4, with: UInt16(20 + payload.count).bigEndianBytes)
            header.replaceSubrange(6..<8, with: place.bigEndianBytes)
            header.replaceSubrange(10..<12, with: [0, 0])
            header.replaceSubrange(10..<12, with: internetChecksum(header).bigEndianBytes)
            return header + payload
        }
        return [part(datagram[20..<60], 0x2000), part(datagram[60...], 5)]
    }

    /// The options of a packet: in the capture, and those that are kept.
    private static func options(_ packet: Int, _ order: ByteOrder, _ isDamaged: Bool) -> (given: [UInt8], kept: [UInt8])
    {
        let comment = Array("packet \(packet + 1) ☕".utf8)
        let others: [(UInt16, [FieldNumber])] = [
            (2, [.word(0x0102_0304)]), (3, [.bytes([2, 1, 2, 3, 4])]), (4, [.long(0x1_0203_0405)]), (6, [.word(7)]),
            (7, [.bytes([0, 9, 8])]), (8, [.word(0x0a0b), .word(0x0c0d)]),
            // The verdicts of eBPF.
            (7, [.bytes([1]), .long(3)]), (7, [.bytes([2]), .long(1 << 63 | 2)]),
            // Its number, which becomes another one; a custom option; one that does not exist; wrong lengths.
            (5, [.long(99)]), (2989, [.word(32473), .bytes([1, 2])]), (77, [.bytes([1])]),
            (isDamaged ? 2 : 78, [.bytes([1, 2, 3])]), (isDamaged ? 7 : 79, [.bytes([2, 3])]),
            (isDamaged ? 7 : 80, []),
        ]
        let (code, value) = others[packet % others.count]
        let plain = option(1, comment, order) + option(code, value.flatMap { $0.bytes(order) }, order)
        let isKept = packet % others.count < 8
        let kept =
            option(1, comment, .littleEndian)
            + (isKept ? option(code, value.flatMap { $0.bytes(.littleEndian) }, .littleEndian) : [])
        return (packet % 2 == 0 ? plain + [0, 0, 0, 0] : plain, kept)
    }

    static func option(_ code: UInt16, _ value: [UInt8], _ order: ByteOrder) -> [UInt8] {
        FieldNumber.short(code).bytes(order) + FieldNumber.short(UInt16(value.count)).bytes(order) + value
            + [UInt8](repeating: 0, count: -value.count & 3)
    }
}

/// A part of an option's value.
private enum FieldNumber {
    case short(UInt16)
    case word(UInt32)
    case long(UInt64)
    case bytes([UInt8])

    func bytes(_ order: ByteOrder) -> [UInt8] {
        let isBig = order == .bigEndian
        return switch self {
        case .short(let number): isBig ? number.bigEndianBytes : number.littleEndianBytes
        case .word(let number): isBig ? number.bigEndianBytes : number.littleEndianBytes
        case .long(let number): isBig ? number.bigEndianBytes : number.littleEndianBytes
        case .bytes(let bytes): bytes
        }
    }
}

@Suite("Options of packets")
struct PacketOptionsTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    /// The options of each packet in a file that `cut` has written, as they stand there.
    private func options(_ path: String) throws -> [[UInt8]] {
        let file = try [UInt8](Data(contentsOf: URL(filePath: path)))
        func number(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) } }
        var (found, place): ([[UInt8]], Int) = ([], 0)
        while place < file.count {
            let length = number(place + 4)
            if number(place) == 6 {
                let start = place + 28 + (number(place + 20) + 3) & ~3
                found.append(Array(file[start..<(place + length - 4)]))
            }
            place += length
        }
        return found
    }

    @Test("stay in shards, before the packet's number", arguments: [.littleEndian, .bigEndian] as [ByteOrder])
    func shards(order: ByteOrder) throws {
        let capture = CommentedCapture(order)
        let path = try folder.write("commented.pcapng", capture.bytes)
        let expected = capture.kept.enumerated().map { index, kept in
            kept + CommentedCapture.option(5, UInt64(index + 1).littleEndianBytes, .littleEndian) + [0, 0, 0, 0]
        }
        for (name, words) in [("all", []), ("chosen", ["--websocket-only"])] {
            let shards = folder.path(name)
            let run = try Wstap.run(["cut", path, "--shards", "1", "-o", shards, "-q"] + words)
            #expect(run.status == 0, "\(run.errors)")
            #expect(try options("\(shards)/shard-0.pcapng") == expected, "\(name)")
            // Those of a shard that is dealt again, too.
            let again = try Wstap.run([
                "cut", "\(shards)/shard-0.pcapng", "--shards", "1", "-o", "\(shards)-again", "-q",
            ])
            #expect(again.status == 0, "\(again.errors)")
            #expect(try options("\(shards)-again/shard-0.pcapng") == expected, "\(name)")
        }
    }

    @Test("stay in a cut, after its own comment", arguments: [.littleEndian, .bigEndian] as [ByteOrder])
    func cut(order: ByteOrder) throws {
        let capture = CommentedCapture(order)
        let path = try folder.write("commented.pcapng", capture.bytes)
        let run = try Wstap.run(["cut", path, "-o", folder.path("cut.pcapng"), "-q"])
        #expect(run.status == 0, "\(run.errors)")
        let found = try options(folder.path("cut.pcapng"))
        #expect(found.dropFirst() == (capture.kept.map { $0 + [0, 0, 0, 0] }).dropFirst())
        #expect(found.first?.suffix(capture.kept[0].count + 4) == (capture.kept[0] + [0, 0, 0, 0])[...])
    }

    @Test("are gone from a redacted capture: comments may name what is redacted")
    func redacted() throws {
        let path = try folder.write("commented.pcapng", CommentedCapture(.littleEndian).bytes)
        let run = try Wstap.run(["redact", path, "-o", folder.path("redacted.pcapng"), "-q"])
        #expect(run.status == 0, "\(run.errors)")
        let found = try options(folder.path("redacted.pcapng"))
        #expect(found.count > 5 && found.allSatisfy(\.isEmpty))
    }

    @Test(
        "are shown by tshark as those of the capture", .enabled(if: Command.exists("tshark"), "tshark is not installed")
    )
    func tshark() throws {
        let path = try folder.write("commented.pcapng", CommentedCapture(.bigEndian, isDamaged: false).bytes)
        let shards = folder.path("shards")
        #expect(try Wstap.run(["cut", path, "--shards", "1", "-o", shards, "-q"]).status == 0)
        let shown = try [path, "\(shards)/shard-0.pcapng"].map { file in
            try Command.run([
                "tshark", "-n", "-r", file, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.comment", "-e",
                "frame.drop_count", "-e", "frame.packet_flags", "-e", "frame.interface_queue", "-e",
                "frame.verdict.ebpf_tc", "-e", "frame.verdict.ebpf_xdp",
            ])
        }
        #expect(shown.allSatisfy { $0.status == 0 } && shown[0].text == shown[1].text)
        #expect(shown[1].text.contains("packet 3 ☕"))
    }
}
