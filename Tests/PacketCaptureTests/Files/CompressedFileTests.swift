import PacketCapture
import TestSupport
import Testing
import WireFormat

@Suite struct CompressedFileTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Packets that do not compress well, so that blocks and buffers end anywhere.
    static let pcap: (bytes: [UInt8], packets: [SeenPacket]) = {
        var random = SeededGenerator(seed: 1)
        var pcap = PcapBuilder()
        var packets: [SeenPacket] = []
        for number in 1...2000 as ClosedRange<UInt64> {
            let count = Int.random(in: 0...1500, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...31, using: &random) }
            pcap.append(bytes, seconds: UInt32(number))
            packets.append(SeenPacket(number, at: Int64(number) * 1_000_000_000, bytes))
        }
        return (pcap.bytes, packets)
    }()

    @Test("a compressed capture holds the same packets", arguments: Compression.allCases)
    func samePackets(compression: Compression) throws {
        let (packets, error) = try readAll(folder.write("a.pcap", compression.pack(Self.pcap.bytes)))
        #expect(error == nil)
        #expect(packets == Self.pcap.packets)
    }

    @Test("members and frames may be split anywhere", arguments: Compression.allCases)
    func splitAnywhere(compression: Compression) throws {
        var packed: [UInt8] = []
        var rest = Self.pcap.bytes[...]
        for length in [1, 3, 20, 100_000, 0, 300_000, 7] {
            packed += compression.pack([UInt8](rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        packed += compression.pack([UInt8](rest))
        if compression == .gzip { packed += [UInt8](repeating: 0, count: 512) }
        let (packets, error) = try readAll(folder.write("a.pcap", packed))
        #expect(error == nil)
        #expect(packets == Self.pcap.packets)
    }

    @Test("frames without data are skipped, even before the first", arguments: [Compression.zstd, .lz4])
    func emptyFrames(compression: Compression) throws {
        let half = Self.pcap.bytes.count / 2
        let skippable = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9] as [UInt8]
        let packed =
            skippable + skippable + compression.pack([UInt8](Self.pcap.bytes[..<half])) + skippable
            + compression.pack([UInt8](Self.pcap.bytes[half...])) + skippable
        let (packets, error) = try readAll(folder.write("a.pcap", packed))
        #expect(error == nil)
        #expect(packets == Self.pcap.packets)
    }

    @Test("packets before the damage are kept", arguments: Compression.allCases)
    func beforeDamage(compression: Compression) throws {
        var packed = compression.pack(Self.pcap.bytes)
        let place = packed.count * 9 / 10
        for index in place..<place + 200 { packed[index] = 0xFF }
        let (packets, error) = try readAll(folder.write("a.pcap", packed))
        #expect(error != nil)
        // A checksum may show damage only at the end; otherwise blocks are lost from the damaged one on.
        #expect(packets.count > 1500)
        #expect(packets[..<1500] == Self.pcap.packets[..<1500])
    }

    @Test("progress is counted in bytes of the compressed file", arguments: Compression.allCases)
    func progress(compression: Compression) throws {
        let packed = compression.pack(Self.pcap.bytes)
        var capture = try MergedCapture(paths: [folder.write("a.pcap", packed)])
        #expect(capture.byteCount == UInt64(packed.count))
        while capture.readBatch() { #expect(capture.bytesRead <= UInt64(packed.count)) }
        #expect(capture.bytesRead == UInt64(packed.count))
    }

    @Test("several compressed files are merged by time")
    func merged() throws {
        var early = PcapBuilder()
        early.append([1], seconds: 1)
        early.append([3], seconds: 3)
        var late = PcapngBuilder()
        late.appendInterface()
        late.append([2], ticks: 2_000_000)
        late.append([4], ticks: 4_000_000)
        let (packets, problems) = try readAll(merging: [
            folder.write("late", Compression.zstd.pack(late.bytes)),
            folder.write("early", Compression.lz4.pack(early.bytes)),
        ])
        #expect(packets.map(\.bytes) == [[1], [2], [3], [4]])
        #expect(problems.isEmpty)
    }
}
