import PacketCapture
import TestSupport
import Testing
import WireFormat

@Suite struct MergedCaptureTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Writes a file with a packet for each time, in seconds; its packets contain the file's number and their index.
    func file(_ index: Int, _ seconds: [UInt32]) throws -> String {
        var pcap = PcapBuilder()
        for (place, second) in seconds.enumerated() {
            pcap.append([UInt8(index), UInt8(place)], seconds: second)
        }
        return try folder.write("\(index).pcap", pcap.bytes)
    }

    @Test(
        "the earliest next packet comes first",
        arguments: [
            ([[1, 2, 3]], [[0, 0], [0, 1], [0, 2]]),
            ([[1, 4], [2, 3]], [[0, 0], [1, 0], [1, 1], [0, 1]]),
            // Equal times: the file named first.
            ([[5, 5], [5, 5]], [[0, 0], [0, 1], [1, 0], [1, 1]]),
            ([[6], [5, 6], [5]], [[1, 0], [2, 0], [0, 0], [1, 1]]),
            // Times that run backwards: file order within a file.
            ([[5, 1], [3, 2]], [[1, 0], [1, 1], [0, 0], [0, 1]]),
            ([[2, 1, 9], [3]], [[0, 0], [0, 1], [1, 0], [0, 2]]),
            // One file ends early, one has no packets.
            ([[1], [], [2, 3]], [[0, 0], [2, 0], [2, 1]]),
            // A rotated set, named in the wrong order.
            ([[5, 6], [3, 4], [1, 2]], [[2, 0], [2, 1], [1, 0], [1, 1], [0, 0], [0, 1]]),
            ([], []),
        ] as [([[UInt32]], [[UInt8]])])
    func earliestFirst(files: [[UInt32]], order: [[UInt8]]) throws {
        let paths = try files.enumerated().map { try file($0.offset, $0.element) }
        let (packets, problems) = try readAll(merging: paths)
        #expect(packets.map(\.bytes) == order)
        #expect(packets.map(\.number) == (0..<UInt64(order.count)).map { $0 + 1 })
        #expect(problems.isEmpty)
    }

    @Test("the order is that of a simple merge", arguments: 0..<8 as Range<UInt64>)
    func obviousMerge(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let files = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
            (0..<Int.random(in: 0...30, using: &generator)).map { _ in UInt32.random(in: 0...50, using: &generator) }
        }
        var positions = files.map { _ in 0 }
        var expected: [[UInt8]] = []
        while let next = files.indices.filter({ positions[$0] < files[$0].count })
            .min(by: { files[$0][positions[$0]] < files[$1][positions[$1]] })
        {
            expected.append([UInt8(next), UInt8(positions[next])])
            positions[next] += 1
        }
        let (packets, _) = try readAll(merging: files.enumerated().map { try file($0.offset, $0.element) })
        #expect(packets.map(\.bytes) == expected, "seed \(seed)")
    }

    @Test("a broken file among three is listed, and the others are read")
    func brokenAmongThree() throws {
        var broken = PcapBuilder()
        broken.append([9, 9], seconds: 2)
        broken.append([9, 9], seconds: 4)
        let path = try folder.write("broken.pcap", broken.bytes.dropLast())
        var capture = try MergedCapture(paths: [file(0, [1, 5]), path, file(1, [3, 6])])
        var seen: [[UInt8]] = []
        while let packet = capture.next() {
            seen.append(SeenPacket(packet).bytes)
        }
        #expect(seen == [[0, 0], [9, 9], [1, 0], [0, 1], [1, 1]])
        #expect(capture.problems.map(\.description) == ["\(path): cut short inside packet 2, at byte 59"])
        #expect(capture.readableFileCount == 3)
        #expect(capture.packetCount == 5)
    }

    @Test("files that cannot be opened are listed, and the others are read")
    func unopenable() throws {
        let missing = folder.path + "/missing.pcap"
        let noise = try folder.write("noise.pcap", [1, 2, 3, 4, 5])
        var capture = try MergedCapture(paths: [missing, file(0, [1]), noise])
        #expect(capture.readableFileCount == 1)
        #expect(capture.problems.map(\.kind) == [.cannotOpen, .notCapture])
        #expect(capture.next()?.number == 1)
        #expect(capture.next()?.number == nil)
    }

    @Test("a batch holds the packets of one file that precede those of all others")
    func batches() throws {
        var capture = try MergedCapture(paths: [file(0, [1, 2, 2, 4]), file(1, [2, 3, 3, 5, 6])])
        var batches: [Int] = []
        var seen: [SeenPacket] = []
        while capture.readBatch() {
            batches.append(capture.batch.count)
            for place in 0..<capture.batch.count { seen.append(SeenPacket(capture.batch[place])) }
        }
        #expect(batches.contains { $0 > 1 })
        #expect(seen.map(\.number) == Array(1...9))
        #expect(seen.map(\.bytes) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3], [1, 4]])
    }

    @Test("the bytes of a batch stay in place for the requested number of turns", arguments: 2...4)
    func turns(turns: Int) throws {
        var random = SeededGenerator(seed: UInt64(turns))
        let paths = try (0..<6).map { index in
            var pcap = PcapBuilder()
            for second in 0..<UInt32.random(in: 30...90, using: &random) {
                let length = Int.random(in: 1...60_000, using: &random)
                pcap.append([UInt8](repeating: .random(in: 0...255, using: &random), count: length), seconds: second)
            }
            return try folder.write("\(index).pcap", pcap.bytes)
        }
        for paths in [Array(paths.prefix(1)), paths] {
            var single = try MergedCapture(paths: paths)
            var lending = try MergedCapture(paths: paths, turns: turns)
            var lent: [(turn: Int, bytes: UnsafeBufferPointer<UInt8>, copy: [UInt8])] = []
            var count = 0
            while lending.readBatch() {
                lent.removeAll { $0.turn + turns <= lending.turnCount }
                #expect(lent.allSatisfy { Array($0.bytes) == $0.copy })
                for place in 0..<lending.batch.count {
                    let packet = lending.batch[place]
                    guard let expected = single.next() else { break }
                    #expect(SeenPacket(packet) == SeenPacket(expected))
                    let bytes = packet.bytes.withUnsafeBufferPointer { $0 }
                    lent.append((lending.turnCount, bytes, Array(bytes)))
                    count += 1
                }
            }
            let hasMore = single.readBatch()
            #expect(count == lending.packetCount && !hasMore)
            #expect(lending.turnCount > turns)
        }
    }

    @Test("memory of huge packets is freed when no longer needed")
    func hugePackets() throws {
        var pcap = PcapBuilder()
        for second in 0..<20 as Range<UInt32> {
            pcap.append([UInt8](repeating: UInt8(second), count: 260_000), seconds: second)
        }
        var capture = try MergedCapture(paths: [folder.write("huge.pcap", pcap.bytes)], turns: 8)
        var most = 0
        for second in 0..<20 as Range<UInt8> {
            let isRead = capture.readBatch()
            let count = capture.batch.count
            #expect(isRead && count == 1)
            most = max(most, capture.lentByteCount)
            #expect(SeenPacket(capture.batch[0]).bytes == [UInt8](repeating: second, count: 260_000))
            if capture.lentByteCount > 1 << 20 { capture.endLending() }
        }
        #expect(most > 1 << 20 && most <= 3 << 19)
    }

    @Test("files without matching packets keep no memory")
    func nothingLent() throws {
        let paths = try (0..<200).map { try file($0, [UInt32($0)]) }
        var capture = try MergedCapture(paths: paths, filter: "less 1", turns: 4)
        let isRead = capture.readBatch()
        #expect(!isRead)
        #expect(capture.packetCount == 200 && capture.turnCount == 0)
    }

    @Test("batches give the same as single packets, whatever the filter and the order of times")
    func batchesLikeSingles() throws {
        for seed in 0..<50 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let paths = try (0..<3).map { index in
                let times = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                    UInt32.random(in: 0...20, using: &random)
                }
                return try file(index, Bool.random(using: &random) ? times.sorted() : times)
            }
            var single = try MergedCapture(paths: paths)
            var batched = try MergedCapture(paths: paths)
            var expected: [SeenPacket] = []
            while let packet = single.next() { expected.append(SeenPacket(packet)) }
            var seen: [SeenPacket] = []
            while batched.readBatch() {
                for place in 0..<batched.batch.count { seen.append(SeenPacket(batched.batch[place])) }
            }
            #expect(seen == expected, "seed \(seed)")
        }
    }

    @Test("a filtered capture counts the packets of all files")
    func filteredCount() throws {
        var long = PcapBuilder()
        long.append([UInt8](repeating: 0, count: 100), seconds: 2)
        long.append([UInt8](repeating: 0, count: 100), seconds: 6)
        let paths = try [file(0, [1, 3, 5]), folder.write("long.pcap", long.bytes)]
        #expect(try readAll(merging: paths, filter: "greater 50").packets.map(\.number) == [2, 5])
    }

    @Test("progress counts all files")
    func progress() throws {
        var capture = try MergedCapture(paths: [file(0, [1, 2]), file(1, [1, 2]), file(2, [])])
        #expect(capture.isLive == false)
        #expect(capture.byteCount == 60 + 60 + 24)
        while capture.next() != nil {}
        #expect(capture.bytesRead == 144)
    }

    #if os(Linux)
        @Test("one file of a rotated set is open at a time")
        func rotatedSet() throws {
            let paths = try (0..<200).map { try file($0, [UInt32($0), UInt32($0)]) }
            var capture = try MergedCapture(paths: paths)
            var mostOpen = 0
            while capture.next() != nil {
                mostOpen = max(mostOpen, folder.openFileCount)
            }
            #expect(capture.packetCount == 400)
            #expect(mostOpen == 1)
            #expect(folder.openFileCount == 0)
        }

        @Test("files that overlap in time are all open, and closed at the end")
        func overlapping() throws {
            let paths = try (0..<50).map { try file($0, [0, 1]) }
            var capture = try MergedCapture(paths: paths)
            for _ in 0..<50 {
                #expect(capture.next()?.number != nil)
            }
            #expect(folder.openFileCount == 50)
            while capture.next() != nil {}
            #expect(capture.packetCount == 100)
            #expect(folder.openFileCount == 0)
        }
    #endif
}
