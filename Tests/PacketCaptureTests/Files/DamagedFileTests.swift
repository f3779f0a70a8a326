import PacketCapture
import TestSupport
import Testing
import WireFormat

/// Files cut or damaged anywhere: the intact part before that is read, and every reading ends.
@Suite struct DamagedFileTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A small file with every kind of block.
    static let pcapng: [UInt8] = {
        var pcapng = PcapngBuilder()
        pcapng.appendSecrets(Array("CLIENT_RANDOM".utf8))
        pcapng.appendInterface(.ethernet, .init(name: "eth0", description: "the first", resolution: 9, offset: -3))
        pcapng.append([1, 2, 3], ticks: 5)
        pcapng.appendBlock(4, [0, 0, 0, 0])
        pcapng.appendSimple([4])
        pcapng.appendSection(.bigEndian)
        pcapng.appendInterface(.raw, .init(resolution: 0x94))
        pcapng.appendObsolete([5, 6], ticks: 7)
        pcapng.appendBlock(5, [UInt8](repeating: 0, count: 24))
        pcapng.append([7], ticks: 9, options: pcapng.option(1, [65, 66]))
        return pcapng.bytes
    }()

    func read(_ bytes: [UInt8]) throws -> (packets: [SeenPacket], problems: [String]) {
        try readAll(merging: [folder.write("a", bytes)])
    }

    @Test("a pcapng file cut at any byte gives its whole packets, and an error unless a block ends there")
    func pcapngCutAnywhere() throws {
        let whole = try read(Self.pcapng)
        #expect(whole.packets.map(\.bytes) == [[1, 2, 3], [4], [5, 6], [7]])
        #expect(whole.problems.isEmpty)
        for length in 0..<Self.pcapng.count {
            let cut = try read([UInt8](Self.pcapng.prefix(length)))
            #expect(cut.packets == Array(whole.packets.prefix(cut.packets.count)), "\(length)")
            #expect(cut.problems.count <= 1, "\(length)")
            if let problem = cut.problems.first {
                #expect(
                    length < 4 || problem.hasSuffix(": is empty") || problem.contains("at byte \(length)"), "\(problem)"
                )
            }
        }
    }

    @Test("a compressed file cut at any byte gives correct packets and an error", arguments: Compression.allCases)
    func compressedCutAnywhere(compression: Compression) throws {
        let whole = try read(Self.pcapng)
        let packed = compression.pack(Self.pcapng)
        for length in 0..<packed.count {
            let cut = try read([UInt8](packed.prefix(length)))
            #expect(cut.packets == Array(whole.packets.prefix(cut.packets.count)), "\(length)")
            #expect(cut.problems.count == 1, "\(length)")
            let isPlaced = cut.problems.first?.contains(" of the unpacked data (byte \(length) of the file)") == true
            #expect(length < 4 || isPlaced, "\(length): \(cut.problems)")
        }
    }

    @Test("damage of any kind ends in an error, never in a trap", arguments: 0..<16 as Range<UInt64>)
    func randomDamage(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var pcap = PcapBuilder()
        for length in 0..<20 { pcap.append([UInt8](repeating: UInt8(length), count: length)) }
        let packed = Compression.allCases.map { $0.pack(Self.pcapng + Self.pcapng) }
        for sound in [Self.pcapng, pcap.bytes] + packed {
            for _ in 0..<10 {
                var bytes = sound
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: 4..<bytes.count, using: &random)
                    let value = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
                    bytes[place] = value.randomElement(using: &random) ?? 0
                }
                let (packets, problems) = try read(bytes)
                #expect(packets.count <= 60, "seed \(seed)")
                #expect(problems.count <= 1, "seed \(seed)")
            }
        }
    }
}
