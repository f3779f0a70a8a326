import PacketCapture
import TestSupport
import Testing
import WireFormat

/// A file that cannot be read at all or to its end, and the expected message.
struct BrokenFile: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    /// The number of packets read before the fault.
    var packetCount = 0
    var kind: CaptureError.Kind
    var message: String

    static let pcap: PcapBuilder = {
        var pcap = PcapBuilder()
        pcap.append([UInt8](repeating: 1, count: 100))
        pcap.append([UInt8](repeating: 2, count: 60))
        return pcap
    }()

    static let pcapng: PcapngBuilder = {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface()
        pcapng.append([1, 2, 3, 4])
        return pcapng
    }()

    static func damaged(_ edit: (inout PcapBuilder) -> Void) -> [UInt8] {
        var pcap = pcap
        edit(&pcap)
        return pcap.bytes
    }

    static let all = [
        BrokenFile(testDescription: "empty", bytes: [], kind: .empty, message: "is empty"),
        BrokenFile(
            testDescription: "three bytes", bytes: [0xD4, 0xC3, 0xB2], kind: .notCapture,
            message: "is not a capture file"),
        BrokenFile(
            testDescription: "noise", bytes: (0..<200).map { UInt8($0) }, kind: .notCapture,
            message: "is not a capture file"),
        BrokenFile(
            testDescription: "pcap header cut", bytes: [UInt8](pcap.bytes.prefix(20)), kind: .cutShort,
            message: "cut short inside the file header, at byte 20"),
        BrokenFile(
            testDescription: "pcapng header cut", bytes: [UInt8](pcapng.bytes.prefix(20)), kind: .cutShort,
            message: "cut short inside the file header, at byte 20: inside the section header block"),
        BrokenFile(
            testDescription: "pcap version", bytes: PcapBuilder(version: (9, 9)).bytes, kind: .damaged,
            message: "damaged inside the file header, at byte 0: pcap version 9.9 is not supported"),
        BrokenFile(
            testDescription: "packet header cut", bytes: [UInt8](pcap.bytes.prefix(24 + 116 + 7)), packetCount: 1,
            kind: .cutShort, message: "cut short inside packet 2, at byte 147"),
        BrokenFile(
            testDescription: "packet cut", bytes: [UInt8](pcap.bytes.dropLast(1)), packetCount: 1, kind: .cutShort,
            message: "cut short inside packet 2, at byte 215"),
        BrokenFile(
            testDescription: "pcapng packet cut", bytes: [UInt8](pcapng.bytes.dropLast(5)), kind: .cutShort,
            message: "cut short inside packet 1, at byte 83"),
        BrokenFile(
            testDescription: "absurd length", bytes: damaged { $0.append([3], claiming: 2_147_483_632) },
            packetCount: 2, kind: .damaged,
            message: """
                damaged inside packet 3, at byte 216: captured length 2147483632 exceeds the maximum of 262144
                """),
        BrokenFile(
            testDescription: "xz", bytes: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], kind: .compressed,
            message: "is compressed with xz: unpack it first"),
        BrokenFile(
            testDescription: "bzip2", bytes: [0x42, 0x5A, 0x68, 0x39], kind: .compressed,
            message: "is compressed with bzip2: unpack it first"),
        BrokenFile(
            testDescription: "old lz4", bytes: [0x02, 0x21, 0x4C, 0x18, 0], kind: .compressed,
            message: "is compressed with lz4 (legacy frames): unpack it first"),
    ]
}

@Suite struct BrokenFileTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    @Test(
        "a broken file gives its intact packets and one message with the position",
        arguments: BrokenFile.all + BrokenFile.pcapngs + BrokenFile.packed)
    func brokenFile(_ broken: BrokenFile) throws {
        let path = try folder.write("broken.pcap", broken.bytes)
        let (packets, problems) = try readAll(merging: [path])
        #expect(packets.count == broken.packetCount)
        #expect(problems == ["\(path): \(broken.message)"])
        let error = try #require(throws: CaptureError.self) {
            if let error = try readAll(path).error { throw error }
        }
        #expect(error.kind == broken.kind)
        #expect(error.description == "\(path): \(broken.message)")
    }

    @Test("an error is thrown once, then the file is at its end")
    func thrownOnce() throws {
        let path = try folder.write("a.pcap", BrokenFile.damaged { $0.append([3], claiming: .max) })
        var file = try CaptureFile(path: path, filter: "less 1")
        do {
            _ = try file.next()
            Issue.record("the damage went unnoticed")
        } catch {
            #expect(error.packetNumber == 3)
            #expect(error.fileOffset == 216)
        }
        #expect(try file.next()?.number == nil)
    }

    @Test("missing files and directories are reported")
    func notFiles() throws {
        let missing = folder.path + "/missing.pcap"
        let (packets, problems) = try readAll(merging: [missing, folder.path])
        #expect(packets.isEmpty)
        #expect(
            problems == ["\(missing): cannot be opened: No such file or directory", "\(folder.path): is a directory"])
    }

    @Test("a bad filter is refused with libpcap's message")
    func badFilter() throws {
        let path = try folder.write("a.pcap", PcapBuilder().bytes)
        for filter in ["tcp prt 80", "host 1.2.3.4.5", "("] {
            let error = try #require(throws: CaptureError.self) { _ = try MergedCapture(paths: [path], filter: filter) }
            #expect(error.kind == .badFilter)
            #expect(error.filter == filter)
            #expect(error.description.hasPrefix("\(path): bad filter \"\(filter)\": "))
            #expect(!error.detail.isEmpty)
        }
    }

    @Test("a hostile file name cannot control the terminal")
    func hostileName() throws {
        let (_, problems) = try readAll(merging: ["no\u{1B}[2J\u{202E}\n.pcap"])
        #expect(problems == [#"no\u{1b}[2J\u{202e}\u{a}.pcap: cannot be opened: No such file or directory"#])
    }
}
