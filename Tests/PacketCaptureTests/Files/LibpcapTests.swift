import CPcap
import PacketCapture
import TestSupport
import Testing
import WireFormat

/// Compares libpcap's own reader with ours.
@Suite struct LibpcapTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Reads a file with libpcap up to its end or its first error.
    func readWithLibpcap(_ path: String) -> (packets: [SeenPacket], isWhole: Bool) {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_open_offline_with_tstamp_precision(path, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
        else { return ([], false) }
        defer { pcap_close(handle) }
        var packets: [SeenPacket] = []
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var bytes: UnsafePointer<UInt8>?
        var status = pcap_next_ex(handle, &header, &bytes)
        while status == 1, let record = header?.pointee {
            let length = Int(record.caplen)
            let seconds = Int64(UInt32(truncatingIfNeeded: record.ts.tv_sec))
            packets.append(
                SeenPacket(
                    UInt64(packets.count + 1), at: seconds * 1_000_000_000 + Int64(record.ts.tv_usec),
                    originalLength: max(length, Int(record.len)),
                    Array(UnsafeBufferPointer(start: bytes, count: length))))
            status = pcap_next_ex(handle, &header, &bytes)
        }
        return (packets, status == PCAP_ERROR_BREAK)
    }

    @Test("pcap files are read as libpcap reads them, even if cut short", arguments: 0..<24 as Range<UInt64>)
    func pcapLikeLibpcap(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for format in PcapBuilder.Format.allCases {
            let order = ByteOrder.allCases.randomElement(using: &random) ?? .bigEndian
            var pcap = PcapBuilder(order, format, version: (2, Bool.random(using: &random) ? 3 : 4))
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                let length = Int.random(in: 0...Int.random(in: 1...4000, using: &random), using: &random)
                pcap.append(
                    (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) },
                    seconds: .random(in: 0 ... .max, using: &random),
                    fraction: .random(in: 0..<1_000_000, using: &random),
                    originalLength: Bool.random(using: &random) ? nil : Int.random(in: length...70_000, using: &random))
            }
            let kept =
                Bool.random(using: &random) ? pcap.bytes.count : Int.random(in: 24...pcap.bytes.count, using: &random)
            try compare([UInt8](pcap.bytes.prefix(kept)), "seed \(seed), \(format), \(order), \(kept) bytes")
        }
    }

    @Test("pcapng files of one link type are read as libpcap reads them", arguments: 0..<24 as Range<UInt64>)
    func pcapngLikeLibpcap(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let order = ByteOrder.allCases.randomElement(using: &random) ?? .bigEndian
        var pcapng = PcapngBuilder(order)
        pcapng.appendInterface(resolution: [nil, 3, 6, 9, 0x8A, 0x94].randomElement(using: &random) ?? nil)
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            let packet = (0..<Int.random(in: 0...2000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            switch Int.random(in: 0..<5, using: &random) {
            case 0: pcapng.appendObsolete(packet, ticks: .random(in: 0..<1 << 40, using: &random))
            case 1: pcapng.appendBlock(.random(in: 11...200, using: &random), [1, 2, 3, 4])
            default:
                pcapng.append(
                    packet, ticks: .random(in: 0..<1 << 40, using: &random),
                    originalLength: packet.count + Int.random(in: 0...9, using: &random))
            }
        }
        try compare(pcapng.bytes, "seed \(seed), \(order)")
    }

    private func compare(_ bytes: [UInt8], _ comment: Comment) throws {
        let path = try folder.write("a", bytes)
        let libpcap = readWithLibpcap(path)
        let ours = try readAll(merging: [path])
        #expect(ours.packets == libpcap.packets, comment)
        #expect(ours.problems.isEmpty == libpcap.isWhole, comment)
    }
}
