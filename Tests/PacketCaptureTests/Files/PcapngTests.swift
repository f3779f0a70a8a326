import PacketCapture
import TestSupport
import Testing
import WireFormat

@Suite struct PcapngTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    func read(_ pcapng: PcapngBuilder, filter: String? = nil) throws -> [SeenPacket] {
        let (packets, error) = try readAll(folder.write("a.pcapng", pcapng.bytes), filter: filter)
        #expect(error == nil)
        return packets
    }

    @Test("sections may change the byte order, and renumber their interfaces", arguments: ByteOrder.allCases)
    func sections(first: ByteOrder) throws {
        var pcapng = PcapngBuilder(first)
        pcapng.appendInterface(.ethernet, .init(name: "eth0"))
        pcapng.appendInterface(.raw, .init(name: "tun0", resolution: 9))
        pcapng.append([1], ticks: 1, interface: 1)
        pcapng.append([2], ticks: 2, interface: 0)
        pcapng.appendSection(first == .littleEndian ? .bigEndian : .littleEndian, version: (1, 2))
        pcapng.appendInterface(.linuxCooked2, .init(description: "any of them"))
        pcapng.append([3], ticks: 3)
        #expect(
            try read(pcapng) == [
                SeenPacket(1, at: 1, [1], linkType: .raw, interface: "tun0"),
                SeenPacket(2, at: 2000, [2], interface: "eth0"),
                SeenPacket(3, at: 3000, [3], linkType: .linuxCooked2, interface: "any of them"),
            ])
    }

    @Test("all three kinds of packet blocks are read", arguments: ByteOrder.allCases)
    func packetBlocks(order: ByteOrder) throws {
        var pcapng = PcapngBuilder(order)
        pcapng.appendInterface(.ethernet, .init(snapLength: 3))
        pcapng.appendInterface(.raw)
        pcapng.appendSimple([1])
        pcapng.append([2, 3], ticks: 70, interface: 1, originalLength: 9)
        pcapng.appendSimple([4, 5, 6], originalLength: 60)
        pcapng.appendObsolete([7], ticks: 80, interface: 1, drops: 5, originalLength: 10)
        #expect(
            try read(pcapng) == [
                // No time of its own, and no previous packet.
                SeenPacket(1, at: 0, [1]),
                SeenPacket(2, at: 70_000, originalLength: 9, [2, 3], linkType: .raw),
                SeenPacket(3, at: 70_000, originalLength: 60, [4, 5, 6]),
                SeenPacket(4, at: 80_000, originalLength: 10, [7], linkType: .raw),
            ])
    }

    @Test("a simple packet holds no more than its block, even without a snap length")
    func simplePacketLength() throws {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface(.ethernet, .init(snapLength: 0))
        pcapng.appendSimple([1, 2, 3, 4], originalLength: 1500)
        #expect(try read(pcapng) == [SeenPacket(1, at: 0, originalLength: 1500, [1, 2, 3, 4])])
    }

    @Test("unused blocks are skipped, however long", arguments: [4, 5, 7, 0xBAD, 0x8000_0001, 0x40_0000] as [UInt32])
    func skippedBlocks(type: UInt32) throws {
        var pcapng = PcapngBuilder()
        pcapng.appendBlock(type, [])
        pcapng.appendInterface()
        pcapng.append([1])
        pcapng.appendBlock(type, [UInt8](repeating: 6, count: 20 << 20))
        pcapng.append([2])
        pcapng.appendBlock(type, [1, 2, 3, 4])
        #expect(try read(pcapng).map(\.bytes) == [[1], [2]])
    }

    @Test("options after a packet, and lists without an end, do no harm")
    func packetOptions() throws {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface(.ethernet, .init(resolution: 9, endsOptions: false))
        pcapng.append([1], ticks: 5, options: pcapng.option(1, Array("a comment".utf8)))
        pcapng.append([2], ticks: 6, options: pcapng.option(1, [65], claiming: 60_000))
        #expect(try read(pcapng).map(\.nanoseconds) == [5, 6])
    }

    @Test("a length that leaves out the padding is corrected")
    func unpaddedLength() throws {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface()
        pcapng.appendBlock(6, [UInt8](repeating: 0, count: 12) + [1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0], claiming: 33)
        pcapng.append([8])
        #expect(try read(pcapng).map(\.bytes) == [[9], [8]])
    }

    @Test("a packet may be as long as its block")
    func longestPacket() throws {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface()
        let lengths = [0, 1, 70_000, 262_144, 300_000, (16 << 20) - 32, 16 << 20]
        for length in lengths { pcapng.append([UInt8](repeating: 7, count: length)) }
        #expect(try read(pcapng).map(\.bytes.count) == lengths)
    }

    @Test("a file without interfaces holds no packets")
    func noInterfaces() throws {
        #expect(try read(PcapngBuilder()).isEmpty)
    }

    @Test("a name is kept up to 256 bytes, even if it is not text")
    func longName() throws {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface(.ethernet, .init(), extra: pcapng.option(2, [0xFF, 0x41]))
        pcapng.appendInterface(.ethernet, .init(name: String(repeating: "x", count: 1000)))
        pcapng.append([1], interface: 0)
        pcapng.append([2], interface: 1)
        #expect(try read(pcapng).map(\.interface) == ["\u{FFFD}A", String(repeating: "x", count: 256)])
    }

    @Test("times match an exact calculation", arguments: 0..<40 as Range<UInt64>)
    func exactTimes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let resolution = UInt8.random(in: 0...0xFF, using: &random)
        let offset =
            Bool.random(using: &random) ? nil : Int64.random(in: -2_000_000_000...2_000_000_000, using: &random)
        let ticks = (0..<50).map { _ in
            UInt64.random(in: 0 ... .max, using: &random) >> Int.random(in: 0..<64, using: &random)
        }
        var pcapng = PcapngBuilder()
        pcapng.appendInterface(resolution: resolution, offset: offset)
        for ticks in ticks { pcapng.append([], ticks: ticks) }
        #expect(
            try read(pcapng).map(\.nanoseconds)
                == ticks.map { exactTime($0, resolution: resolution, offset: offset ?? 0) },
            "resolution \(resolution), offset \(offset ?? 0)")
    }

    /// Nanoseconds by long division, one digit or bit of the resolution at a time.
    func exactTime(_ ticks: UInt64, resolution: UInt8, offset: Int64) -> Int64 {
        var nanoseconds = Int128(ticks) * 1_000_000_000
        for _ in 0..<(resolution & 0x7F) { nanoseconds /= resolution & 0x80 == 0 ? 10 : 2 }
        return Int64(clamping: nanoseconds + Int128(offset) * 1_000_000_000)
    }

    @Test("a filter is compiled per link type, and packets it does not apply to do not match")
    func filterPerLinkType() throws {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface(.raw)
        pcapng.appendInterface(.ethernet)
        pcapng.appendInterface(LinkType(rawValue: 60_000))
        let ip: [UInt8] = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        let ethernet: [UInt8] = [UInt8](repeating: 2, count: 12) + [8, 0]
        pcapng.append(ip, interface: 0)
        pcapng.append(ethernet + ip, interface: 1)
        pcapng.append(ip, interface: 2)
        pcapng.append([UInt8](repeating: 0, count: 60), interface: 1)
        #expect(try read(pcapng, filter: "host 10.0.0.1").map(\.number) == [1, 2])
        #expect(try read(pcapng, filter: "ether host 02:02:02:02:02:02").map(\.number) == [2])
        #expect(throws: CaptureError.self) { try read(pcapng, filter: "wlan type mgt") }
    }

    @Test("secrets are returned, those before a packet together with it")
    func secrets() throws {
        var pcapng = PcapngBuilder(.bigEndian)
        pcapng.appendSecrets(Array("CLIENT_RANDOM 1".utf8))
        pcapng.appendInterface()
        pcapng.append([1])
        pcapng.appendSecrets([1, 2], type: 7)
        pcapng.append([2])
        pcapng.appendSecrets([3])
        let path = try folder.write("a.pcapng", pcapng.bytes)
        var capture = try MergedCapture(paths: [path])
        var counts: [Int] = []
        while capture.readBatch() {
            let size = capture.batch.count
            #expect(size == 1, "what stands between packets ends a batch")
            counts.append(capture.secrets.count)
            let number = capture.batch.number(0)
            #expect(number == UInt64(counts.count))
        }
        #expect(counts == [1, 2])
        #expect(capture.secrets.map(\.type) == [0x544C_534B, 7, 0x544C_534B])
        #expect(capture.secrets.map(\.bytes) == [Array("CLIENT_RANDOM 1".utf8), [1, 2], [3]])
        var file = try CaptureFile(path: path)
        #expect(file.takeSecrets().count == 1)
        #expect(file.secrets.isEmpty)
    }

    @Test("secrets beyond the limit are dropped and reported")
    func secretsLimit() throws {
        var pcapng = PcapngBuilder()
        for _ in 0..<5 { pcapng.appendSecrets([UInt8](repeating: 9, count: 15 << 18)) }
        let path = try folder.write("a.pcapng", pcapng.bytes)
        var capture = try MergedCapture(paths: [path])
        let isRead = capture.readBatch()
        #expect(!isRead)
        #expect(capture.secrets.count == 4)
        #expect(capture.problems.map(\.description) == ["\(path): holds more secrets than fit in 16 MiB"])
    }

    @Test("secrets count by the memory they take, for all files together")
    func secretsOfAllFiles() throws {
        var small = PcapngBuilder()
        for _ in 0..<100_000 { small.appendSecrets([9]) }
        let paths = try ["a", "b"].map { try folder.write("\($0).pcapng", small.bytes) }
        var capture = try MergedCapture(paths: paths)
        while capture.readBatch() {}
        // Each takes 129 bytes.
        #expect(capture.secrets.count == (16 << 20) / 129)
        #expect(capture.problems.map(\.description) == ["\(paths[1]): holds more secrets than fit in 16 MiB"])
    }

    @Test("each of several files gives its secrets once, even if it contains nothing else")
    func secretsOfSeveralFiles() throws {
        var keys = PcapngBuilder()
        keys.appendSecrets([1])
        let paths = try (0..<3 as Range<UInt8>).map { index in
            var pcapng = PcapngBuilder()
            pcapng.appendSecrets([10 + index])
            pcapng.appendInterface()
            pcapng.append([index], ticks: UInt64(index))
            return try folder.write("\(index).pcapng", pcapng.bytes)
        }
        var capture = try MergedCapture(paths: [folder.write("keys.pcapng", keys.bytes)] + paths)
        while capture.readBatch() {}
        #expect(capture.packetCount == 3)
        #expect(capture.secrets.map(\.bytes) == [[1], [10], [11], [12]])
    }
}
