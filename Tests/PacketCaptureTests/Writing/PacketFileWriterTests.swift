import Foundation
import TestSupport
import Testing
import WireFormat

@testable import PacketCapture

@Suite("Packets written to a file")
struct PacketFileWriterTests {
    private static let source = PacketSource(
        interface: "eth0", linkType: .ethernet, snapLength: 262_144, filter: "tcp", application: "test")
    private static let start: Int64 = 1_795_195_440_123_456_789

    private static func writer(_ path: String, _ format: PacketFileFormat) throws -> PacketFileWriter {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        try #require(descriptor >= 0)
        return try PacketFileWriter(descriptor: descriptor, format: format, source: source)
    }

    /// Writes packets of these lengths, a nanosecond apart.
    private func write(
        _ lengths: [Int], to path: String, _ format: PacketFileFormat, interfaces: [String] = ["eth0"]
    ) throws -> PacketFileWriter {
        var file = try Self.writer(path, format)
        for (index, length) in lengths.enumerated() {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: length)
            let name = Array(interfaces[index % interfaces.count].utf8)
            let packet = CapturedPacket(
                number: UInt64(index + 1), time: Timestamp(nanoseconds: Self.start + Int64(index)), linkType: .ethernet,
                originalLength: length + 7, bytes: bytes.span, interfaceName: name.span)
            file.append(packet)
        }
        return file
    }

    @Test("are read back as they were", arguments: [PacketFileFormat.pcap, .pcapng])
    func readBack(format: PacketFileFormat) throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("/packets")
        var file = try write([60, 61, 62, 63, 0, 1500], to: path, format)
        try file.finish(LiveStatistics())
        let (packets, error) = try readAll(path)
        #expect(error == nil)
        #expect(packets.map(\.bytes.count) == [60, 61, 62, 63, 0, 1500])
        #expect(packets.map(\.originalLength) == [67, 68, 69, 70, 7, 1507])
        #expect(packets.map(\.nanoseconds) == (0..<6).map { Self.start + $0 })
        #expect(packets.allSatisfy { $0.linkType == .ethernet && Set($0.bytes).count <= 1 })
        #expect(Set(packets.map(\.interface)) == [format == .pcapng ? "eth0" : ""])
    }

    @Test("are written with secrets in pcapng, and without in pcap", arguments: [PacketFileFormat.pcap, .pcapng])
    func secrets(format: PacketFileFormat) throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("/packets")
        var file = try write([60], to: path, format)
        // Lengths with and without padding.
        let keyLogs = ["one\n", "three\n", ""].map { Array($0.utf8) }
        for keyLog in keyLogs { file.append(keyLog: keyLog) }
        try file.finish(LiveStatistics())
        var capture = try CaptureFile(path: path)
        var count = 0
        while try capture.next() != nil { count += 1 }
        #expect(count == 1)
        let expected = format == .pcapng ? keyLogs.dropLast() : []
        #expect(capture.secrets.map(\.bytes) == expected && capture.secrets.allSatisfy { $0.type == 0x544C_534B })
    }

    @Test("keep the interface that each came from")
    func interfaces() throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("/packets")
        var file = try write(
            Array(repeating: 60, count: 6), to: path, .pcapng, interfaces: ["lo", "eth0", "lo", "wlan0"])
        try file.finish(LiveStatistics())
        #expect(try readAll(path).packets.map(\.interface) == ["lo", "eth0", "lo", "wlan0", "lo", "eth0"])
    }

    @Test("beyond 65,280 interfaces lose their interface's name, but not their link type")
    func manyInterfaces() {
        var interfaces = WrittenInterfaces()
        var described: [(name: [UInt8], linkType: LinkType)] = []
        func number(_ name: String, _ linkType: LinkType) -> UInt32 {
            interfaces.number(of: Array(name.utf8).span, linkType) { described.append(($0, linkType)) }
        }
        for index in 0..<65_280 { _ = number("i\(index)", .ethernet) }
        #expect(described.count == 65_280 && number("i7", .ethernet) == 7)
        for (name, linkType) in [("x", LinkType.raw), ("y", .raw), ("z", .ethernet), ("x", .raw), ("x", .ethernet)] {
            let number = number(name, linkType)
            #expect(described[Int(number)].linkType == linkType && described[Int(number)].name.isEmpty)
        }
        #expect(described.count == 65_282)
    }

    @Test("are read even with the greatest allowed length, a number and a comment")
    func longest() throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("/packets")
        for length in [(16 << 20) - 32, 16 << 20] {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            var file = try PacketFileWriter(borrowing: descriptor, application: "test", comment: nil)
            let bytes = [UInt8](repeating: 7, count: length)
            for number in 1...2 as ClosedRange<UInt64> {
                let packet = CapturedPacket(
                    number: number, time: Timestamp(nanoseconds: Self.start), linkType: .ethernet,
                    originalLength: length, bytes: bytes.span)
                file.append(
                    packet, note: PacketNote(comment: String(repeating: "c", count: 4096), number: .max))
            }
            try file.flush()
            let (packets, error) = try readAll(path)
            #expect(error == nil && packets.map(\.bytes.count) == [length, length])
        }
    }

    @Test(
        "can be removed by number and connection, as if they had never been in the file",
        arguments: [1, 7, 300_000])
    func removed(length: Int) throws {
        let folder = try ScratchFolder()
        /// Writes the packets of ten connections: all of them, in part to be removed later, or only those that stay.
        func written(_ name: String, all: Bool) throws -> (bytes: [UInt8], count: UInt64, descriptor: Int32) {
            let path = folder.path.appending("/" + name)
            let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o666)
            try #require(descriptor >= 0)
            var file = try PacketFileWriter(borrowing: descriptor, application: "test", comment: "whole")
            for number in 1...60 as ClosedRange<UInt64> {
                if number == 20 { file.append(keyLog: Array("secret\n".utf8)) }
                let bytes = [UInt8](repeating: UInt8(number), count: length + Int(number % 5))
                let name = number < 30 ? Array("eth0".utf8) : Array("lo".utf8)
                let packet = CapturedPacket(
                    number: number, time: Timestamp(nanoseconds: Self.start), linkType: .ethernet,
                    originalLength: 9, bytes: bytes.span, interfaceName: name.span)
                let connection = number % 10
                let isKept = number == 1 || connection > 3 || number == 30
                if all {
                    file.append(packet, note: PacketNote(number: number, connection: connection))
                } else if isKept {
                    file.append(packet, note: PacketNote(number: number))
                }
                if file.isFull { try file.flush() }
            }
            if all { try file.keepPackets { $0 == 1 || $1 > 3 || $0 == 30 } }
            try file.flush()
            return (try [UInt8](Data(contentsOf: URL(filePath: path))), file.packetCount, descriptor)
        }
        let (removed, expected) = (try written("removed", all: true), try written("expected", all: false))
        defer {
            close(removed.descriptor)
            close(expected.descriptor)
        }
        #expect(removed.bytes == expected.bytes && removed.count == expected.count && removed.count == 38)
    }

    @Test("are not removed from a file that another program has changed")
    func removedFromDamagedFile() throws {
        let folder = try ScratchFolder()
        for (place, byte) in [(4, 1), (4, 0xff), (200, 0xff)] {
            let path = folder.path.appending("/packets")
            let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o666)
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            var file = try PacketFileWriter(borrowing: descriptor, application: "test", comment: nil)
            let packet = HeldPacket(
                CapturedPacket(
                    number: 1, time: Timestamp(nanoseconds: 0), linkType: .ethernet, originalLength: 0, bytes: Span()))
            for number in 1...9 as ClosedRange<UInt64> {
                file.append(packet, note: PacketNote(number: number, connection: 1))
            }
            try file.flush()
            let damage = [UInt8](repeating: UInt8(byte), count: place == 200 ? 80 : 1)
            #expect(pwrite(descriptor, damage, damage.count, off_t(place)) == damage.count)
            #expect(throws: PacketFileError.cannotWrite("was changed while it was written")) {
                try file.keepPackets { _, _ in true }
            }
        }
    }

    @Test("are whole up to the last flush", arguments: [PacketFileFormat.pcap, .pcapng])
    func flushed(format: PacketFileFormat) throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("/packets")
        var file = try write([60, 60], to: path, format)
        try file.flush()
        file.append(
            HeldPacket(
                CapturedPacket(
                    number: 3, time: Timestamp(nanoseconds: 0), linkType: .ethernet, originalLength: 0, bytes: Span())))
        let (packets, error) = try readAll(path)
        #expect(packets.count == 2 && error == nil)
        #expect(file.packetCount == 3)
    }

    @Test("end with what was dropped, in pcapng")
    func statistics() throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("/packets")
        var file = try write([60], to: path, .pcapng)
        try file.flush()
        let before = try Data(contentsOf: URL(filePath: path)).count
        var statistics = LiveStatistics()
        (statistics.received, statistics.droppedByKernel, statistics.droppedByInterface) = (5, 3, 1)
        try file.finish(statistics)
        let block = try [UInt8](Data(contentsOf: URL(filePath: path)).dropFirst(before))
        #expect(Array(block.prefix(4)) == [5, 0, 0, 0])
        func option(_ code: UInt8) -> [UInt8]? {
            let head = [code, 0, 8, 0]
            let place = stride(from: 20, to: block.count - 12, by: 4).first { Array(block[$0..<($0 + 4)]) == head }
            return place.map { Array(block[($0 + 4)..<($0 + 12)]) }
        }
        #expect(option(4) == [5, 0, 0, 0, 0, 0, 0, 0])
        #expect(option(5) == [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(option(7) == [3, 0, 0, 0, 0, 0, 0, 0])
        #expect(option(8) == [1, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test(
        "for which there is no room are reported", .enabled(if: access("/dev/full", W_OK) == 0, "there is no /dev/full")
    )
    func full() {
        #expect(throws: PacketFileError.cannotWrite("No space left on device")) {
            _ = try Self.writer("/dev/full", .pcapng)
        }
    }

    @Test(
        "get the format that the name calls for",
        arguments: [
            ("a.pcap", PacketFileFormat.pcap), ("A.CAP", .pcap), ("a.pcapng", .pcapng), ("a", .pcapng), ("-", .pcapng),
        ])
    func format(name: String, format: PacketFileFormat) {
        #expect(PacketFileFormat(path: name) == format)
    }
}
