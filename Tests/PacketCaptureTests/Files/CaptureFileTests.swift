import PacketCapture
import TestSupport
import Testing
import WireFormat

@Suite struct CaptureFileTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    @Test(
        "pcap is read in either byte order and every header format", arguments: ByteOrder.allCases,
        PcapBuilder.Format.allCases)
    func pcapFormats(
        order: ByteOrder, format: PcapBuilder.Format
    ) throws {
        var pcap = PcapBuilder(order, format)
        pcap.append([1, 2, 3], seconds: 1_700_000_000, fraction: 123_456)
        pcap.append([4], seconds: 1_700_000_001, fraction: 7, originalLength: 1500)
        let path = try folder.write("a.pcap", pcap.bytes)
        let unit: Int64 = format == .nanoseconds ? 1 : 1000
        let (packets, error) = try readAll(path)
        #expect(error == nil)
        #expect(
            packets == [
                SeenPacket(1, at: 1_700_000_000_000_000_000 + 123_456 * unit, [1, 2, 3]),
                SeenPacket(2, at: 1_700_000_001_000_000_000 + 7 * unit, originalLength: 1500, [4]),
            ])
    }

    @Test("pcapng is read in either byte order", arguments: ByteOrder.allCases)
    func pcapngByteOrders(order: ByteOrder) throws {
        var pcapng = PcapngBuilder(order)
        pcapng.appendInterface(.raw, resolution: 9)
        pcapng.append([1, 2, 3], ticks: 1_700_000_000_123_456_789)
        pcapng.appendBlock(0x8000_0001, [0, 0, 0, 0])
        pcapng.append([4], ticks: 1_700_000_000_123_456_790, originalLength: 60)
        let path = try folder.write("a.pcapng", pcapng.bytes)
        let (packets, error) = try readAll(path)
        #expect(error == nil)
        #expect(
            packets == [
                SeenPacket(1, at: 1_700_000_000_123_456_789, [1, 2, 3], linkType: .raw),
                SeenPacket(2, at: 1_700_000_000_123_456_790, originalLength: 60, [4], linkType: .raw),
            ])
    }

    @Test("a file with only a header is a capture without packets")
    func headerOnly() throws {
        let (packets, error) = try readAll(folder.write("a.pcap", PcapBuilder().bytes))
        #expect(packets.isEmpty)
        #expect(error == nil)
    }

    @Test(
        "link types are the registered ones, whatever the upper bits",
        arguments: [0, 1, 9, 12, 14, 101, 108, 113, 228, 229, 276, 147, 60_000, 0x5400_0001] as [UInt32])
    func linkTypes(stored: UInt32) throws {
        var pcap = PcapBuilder(linkType: LinkType(rawValue: stored))
        pcap.append([1])
        let (packets, _) = try readAll(folder.write("a.pcap", pcap.bytes))
        #expect(packets.map(\.linkType.rawValue) == [stored & 0x03FF_FFFF])
    }

    @Test("seconds of pcap are unsigned, and absurd fractions do not trap", arguments: ByteOrder.allCases)
    func pcapTimes(order: ByteOrder) throws {
        var pcap = PcapBuilder(order)
        pcap.append([1], seconds: .max)
        pcap.append([2], seconds: .max, fraction: .max)
        let (packets, _) = try readAll(folder.write("a.pcap", pcap.bytes))
        #expect(packets.map(\.bytes) == [[1], [2]])
        #expect(packets.first?.nanoseconds == 4_294_967_295_000_000_000)
    }

    @Test(
        "times that do not fit 64 bits of nanoseconds are clamped",
        arguments: [
            (0, nil, UInt64(20_000_000_000), Int64.max), (0, nil, UInt64(1) << 62, .max), (6, -10, 0, -10_000_000_000),
            (6, .min, 0, .min), (6, .max, 0, .max), (0x80, nil, .max >> 1, .max),
        ] as [(UInt8, Int64?, UInt64, Int64)])
    func clampedTimes(
        resolution: UInt8, offset: Int64?, ticks: UInt64, nanoseconds: Int64
    ) throws {
        var pcapng = PcapngBuilder()
        pcapng.appendInterface(resolution: resolution, offset: offset)
        pcapng.append([1], ticks: ticks)
        let (packets, _) = try readAll(folder.write("a.pcapng", pcapng.bytes))
        #expect(packets.map(\.nanoseconds) == [nanoseconds])
    }

    @Test("old versions have the two lengths in the opposite order", arguments: 0...3 as ClosedRange<UInt16>)
    func swappedLengths(minor: UInt16) throws {
        var pcap = PcapBuilder(version: (2, minor))
        pcap.append([1, 2, 3], originalLength: 3, claiming: 60)
        pcap.append([4], originalLength: 1, claiming: 1)
        let (packets, error) = try readAll(folder.write("a.pcap", pcap.bytes))
        #expect(error == nil)
        #expect(packets == [SeenPacket(1, at: 0, originalLength: 60, [1, 2, 3]), SeenPacket(2, at: 0, [4])])
    }

    @Test("a packet is never shorter on the wire than in the file")
    func originalLength() throws {
        var pcap = PcapBuilder()
        pcap.append([1, 2, 3], originalLength: 0)
        let (packets, _) = try readAll(folder.write("a.pcap", pcap.bytes))
        #expect(packets == [SeenPacket(1, at: 0, originalLength: 3, [1, 2, 3])])
    }

    @Test("filtered packets keep their numbers in the file")
    func filteredNumbers() throws {
        var pcap = PcapBuilder()
        for length in [10, 200, 20, 300, 30] {
            pcap.append([UInt8](repeating: 0, count: length))
        }
        let path = try folder.write("a.pcap", pcap.bytes)
        #expect(try readAll(path, filter: "greater 100").packets.map(\.number) == [2, 4])
        var file = try CaptureFile(path: path, filter: "less 5")
        #expect(try file.next()?.number == nil)
        #expect(file.packetCount == 5)
    }

    @Test("progress is counted in bytes of the file")
    func progress() throws {
        var pcap = PcapBuilder()
        pcap.append([1, 2, 3])
        pcap.append([4, 5])
        var file = try CaptureFile(path: folder.write("a.pcap", pcap.bytes))
        #expect(file.isLive == false)
        #expect(file.byteCount == 61)
        #expect(file.bytesRead == 24)
        _ = try file.next()
        #expect(file.bytesRead == 43)
        _ = try file.next()
        #expect(file.bytesRead == 61)
    }

    #if os(Linux)
        @Test("files are closed, even if refused")
        func closed() throws {
            let path = try folder.write("a.pcap", PcapBuilder().bytes)
            let noise = try folder.write("noise.pcap", [UInt8](repeating: 0x55, count: 100))
            let cut = try folder.write("cut.pcap", [UInt8](PcapBuilder().bytes.prefix(10)))
            do {
                let file = try CaptureFile(path: path)
                #expect(folder.openFileCount == 1)
                _ = consume file
            }
            for path in [noise, cut] {
                #expect(throws: CaptureError.self) { _ = try CaptureFile(path: path) }
            }
            #expect(throws: CaptureError.self) { _ = try CaptureFile(path: path, filter: "nonsense") }
            #expect(folder.openFileCount == 0)
        }
    #endif
}
