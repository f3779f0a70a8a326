import Foundation
import PacketCapture
import TestSupport
import Testing
import WireFormat

/// A program that writes and rotates a capture: it takes its next step whenever its follower has nothing to read.
private final class Rotation {
    /// The steps still to take.
    var steps: [() throws -> Void] = []
    private(set) var notices: [String] = []
    private var failure: (any Error)?

    /// Reads what is written under these names until all steps are done.
    func follow(_ names: [String], filter: String? = nil) throws -> [SeenPacket] {
        var rest = steps[...]
        var end: () -> Void = {}
        let follower = CaptureFollower(names) {
            guard let step = rest.popFirst(), self.failure == nil else { return end() }
            do { try step() } catch { self.failure = error }
        }
        end = { [unowned follower] in follower.end() }
        follower.report = { self.notices.append($0.description) }
        var capture = try MergedCapture(following: follower, names: names, filter: filter)
        var packets: [SeenPacket] = []
        while let packet = capture.next() { packets.append(SeenPacket(packet)) }
        if let failure { throw failure }
        #expect(follower.hasReported == !notices.isEmpty)
        #expect(capture.isLive && capture.problems.isEmpty)
        return packets
    }
}

@Suite("Followed files")
struct FollowingTests {
    private let folder: ScratchFolder
    private let rotation = Rotation()

    init() throws { folder = try ScratchFolder() }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    /// A file with a packet for each second.
    private func pcap(_ seconds: ClosedRange<UInt32>, length: Int = 40) -> [UInt8] {
        var builder = PcapBuilder()
        for second in seconds {
            builder.append([UInt8](repeating: UInt8(second & 0xff), count: length), seconds: second)
        }
        return builder.bytes
    }

    private func pcapng(_ seconds: ClosedRange<UInt32>) -> [UInt8] {
        var builder = PcapngBuilder()
        builder.appendInterface(.ethernet, .init(name: "eth\(seconds.lowerBound)"))
        for second in seconds {
            builder.append([UInt8](repeating: UInt8(second & 0xff), count: 41), ticks: UInt64(second) * 1_000_000)
            // A block without a packet, which is skipped.
            builder.appendBlock(0x0bad, [UInt8](repeating: 7, count: 400))
        }
        return builder.bytes
    }

    /// Adds steps that rewrite a file in place, in pieces that end anywhere.
    private func write(_ name: String, _ bytes: [UInt8], pieces: Int, using generator: inout SeededGenerator) {
        var ends = (1..<pieces).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
        ends.append(bytes.count)
        let file = path(name)
        rotation.steps.append { try overwrite(file, []) }
        var start = 0
        for end in ends {
            let piece = Array(bytes[start..<end])
            start = end
            rotation.steps.append { try append(piece, to: file) }
        }
    }

    private func seconds(_ packets: [SeenPacket]) -> [Int64] { packets.map { $0.nanoseconds / 1_000_000_000 } }

    @Test("are one capture, wherever their pieces end", arguments: ["pcap", "pcapng"], 0..<10 as Range<UInt64>)
    func rotated(format: String, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var files: [String] = []
        var next: UInt32 = 1_700_000_000
        for place in 0..<12 {
            let last = next + UInt32.random(in: 0...9, using: &generator)
            // tcpdump -C calls them trace, trace1 … trace11.
            let name = "trace" + (place == 0 ? "" : "\(place)")
            let bytes = format == "pcap" ? pcap(next...last) : pcapng(next...last)
            write(name, bytes, pieces: Int.random(in: 1...8, using: &generator), using: &generator)
            files.append(path(name))
            next = last + 1
        }
        let names = seed % 2 == 0 ? [folder.path] : [path("tr*")]
        let packets = try rotation.follow(names)
        let (expected, problems) = try readAll(merging: files)
        #expect(problems.isEmpty && expected.count == Int(next - 1_700_000_000))
        #expect(packets == expected, "seed \(seed)")
        #expect(rotation.notices == [], "seed \(seed)")
    }

    @Test("may reuse the names of earlier ones", arguments: 1...4)
    func ring(names: Int) throws {
        var generator = SeededGenerator(seed: 3)
        for place in 0..<11 as Range<UInt32> {
            // As long as the previous one, or shorter, or longer.
            write(
                "ring\(Int(place) % names)", pcap(place * 10 + 1...place * 10 + 8 + place % 3), pieces: 3,
                using: &generator)
        }
        let packets = try rotation.follow([path("ring*")])
        var expected: [Int64] = []
        for place in 0..<11 as Range<Int64> { expected += place * 10 + 1...place * 10 + 8 + place % 3 }
        #expect(seconds(packets) == expected)
        #expect(packets.map(\.number) == Array(1...UInt64(expected.count)))
        // A single-file ring is overwritten while it is followed: the bytes written last may be missing.
        #expect(rotation.notices.count == (names == 1 ? 10 : 0))
        #expect(rotation.notices.allSatisfy { $0.contains("was overwritten while it was read") })
    }

    @Test("are read from their new beginning after being overwritten, however long they are", arguments: [4, 9, 40])
    func overwritten(last: UInt32) throws {
        let file = path("trace")
        let (old, new) = (pcap(1...4), pcap(101...100 + last))
        rotation.steps = [{ try overwrite(file, old) }, { try overwrite(file, new) }, {}]
        #expect(try seconds(rotation.follow([file])) == [1, 2, 3, 4] + (101...100 + Int64(last)))
        #expect(rotation.notices == ["\(file): was overwritten while it was read; packets may be missing"])
    }

    @Test("that existed before are read by time, whatever their names")
    func earlier() throws {
        for (name, first) in [("b", 1), ("a", 11), ("c", 21)] as [(String, UInt32)] {
            _ = try folder.write(name, pcap(first...first + 4))
        }
        let file = path("c")
        let more = Array(pcap(26...29).dropFirst(24))
        rotation.steps = [{ try append(more, to: file) }]
        let packets = try rotation.follow([folder.path])
        let expected: [Int64] = [1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 26, 27, 28, 29]
        #expect(seconds(packets) == expected)
        #expect(rotation.notices == [])
    }

    @Test("end with the last whole packet when reading ends, and without a complaint")
    func halfWritten() throws {
        let file = path("trace")
        let bytes = pcap(1...3)
        rotation.steps = [{ try overwrite(file, Array(bytes.dropLast(5))) }, {}]
        #expect(try seconds(rotation.follow([file])) == [1, 2])
        #expect(rotation.notices == [])
    }

    @Test("are reported if they end in the middle of a packet, or are damaged, and the next one is read")
    func broken() throws {
        let (first, second, third) = (path("1"), path("2"), path("3"))
        var damaged = pcap(11...13)
        damaged.replaceSubrange(24 + 56 + 8..<24 + 56 + 12, with: [0xff, 0xff, 0xff, 0xff])
        let (cut, last) = (Array(pcap(1...3).dropLast(5)), pcap(21...22))
        rotation.steps = [
            { try overwrite(first, cut) }, { [damaged] in try overwrite(second, damaged) }, {},
            { try overwrite(third, last) }, {},
        ]
        #expect(try seconds(rotation.follow([folder.path])) == [1, 2, 11, 21, 22])
        #expect(rotation.notices.count == 2)
        #expect(rotation.notices.first?.contains("1: cut short inside packet 3") == true)
        #expect(rotation.notices.last?.contains("2: damaged inside packet 2") == true)
    }

    @Test("are reported and left out if they are not captures, begin too early, or grow too late")
    func refused() throws {
        let (early, first, second, none) = (path("early"), path("first"), path("second"), path("notes.txt"))
        let (one, two, old) = (pcap(11...13), pcap(21...22), pcap(1...2))
        let rest = Array(pcap(14...15).dropFirst(24))
        rotation.steps = [
            { try overwrite(none, Array("not a capture".utf8)) }, { try overwrite(first, one) },
            { try overwrite(second, two) }, { try append(rest, to: first) }, { try append([1, 2, 3], to: none) },
            { try overwrite(early, old) }, {}, {},
        ]
        #expect(try seconds(rotation.follow([folder.path])) == [11, 12, 13, 21, 22])
        #expect(
            rotation.notices.map { String($0.dropFirst(folder.path.count + 1)) } == [
                "notes.txt: is not a capture file",
                "first: has grown after a later file had begun; the rest is not read",
                "early: begins before packets that were read already; it is not read",
            ])
    }

    // Other systems' file systems reject such names.
    #if os(Linux)
        @Test("are reported once if their names are not UTF-8", arguments: [false, true])
        func misnamed(byPattern: Bool) throws {
            let bytes = pcap(1...2)
            let path = Array((folder.path + "/").utf8) + [0xff, 0x2e, 0x70, 0]
            let name = path.map { CChar(bitPattern: $0) }
            let file = try #require(name.withUnsafeBufferPointer { $0.baseAddress.flatMap { fopen($0, "w") } })
            #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count && fclose(file) == 0)
            rotation.steps.append { try overwrite(self.path("good"), self.pcap(3...4)) }
            rotation.steps.append {}
            let packets = try rotation.follow([byPattern ? self.path("*") : folder.path])
            #expect(seconds(packets) == [3, 4])
            #expect(rotation.notices == [self.path("\u{fffd}.p: has a name that is not UTF-8; it is not read")])
        }
    #endif

    @Test("are read once if they are compressed when they are complete, as tcpdump -z does")
    func compressed() throws {
        let (first, second) = (path("trace"), path("trace1"))
        _ = try folder.write("older", pcap(1...2))
        try gzip(path("older"))
        let (one, two) = (pcap(11...13), pcap(21...23))
        rotation.steps = [
            { try overwrite(first, one) }, { try overwrite(second, Array(two.prefix(80))) }, { try gzip(first) }, {},
            { try append(Array(two.dropFirst(80)), to: second) }, {},
        ]
        #expect(try seconds(rotation.follow([folder.path])) == [1, 2, 11, 12, 13, 21, 22, 23])
        #expect(rotation.notices == [])
        #expect(FileManager.default.fileExists(atPath: first + ".gz") && !FileManager.default.fileExists(atPath: first))
    }

    @Test("are found by patterns, filtered, and never kept open")
    func patterns() throws {
        _ = try folder.write("x.pcap", pcap(1...2))
        _ = try folder.write("y.pcap", pcap(3...4, length: 90))
        _ = try folder.write("y.log", Array("text".utf8))
        _ = try folder.write(".z.pcap", pcap(5...6))
        var open = 0
        let folder = folder
        rotation.steps = [{ open = folder.openFileCount }]
        #expect(try seconds(rotation.follow([path("*.pcap")], filter: "greater 60")) == [3, 4])
        #expect(open == 1)
        #expect(throws: CaptureError.self) { try Rotation().follow([path("none")], filter: "no filter") }
    }
}

/// Rewrites a file in place.
private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(bytes))
}

private func append(_ bytes: [UInt8], to path: String) throws {
    let file = FileHandle(fileDescriptor: open(path, O_WRONLY | O_APPEND), closeOnDealloc: true)
    try file.write(contentsOf: Data(bytes))
}

private func gzip(_ path: String) throws {
    let process = try Process.run(URL(filePath: "/usr/bin/env"), arguments: ["gzip", path])
    process.waitUntilExit()
}
