/// A capture of WebSocket and other traffic, made from a profile and a seed: the same bytes every time.
///
/// It is valid throughout: handshakes, checksums, upgrades and frames are correct, and nothing is missing.
package struct GeneratedCapture: Sendable {
    /// Increases whenever a profile and a seed give different bytes, so that an old file is not mistaken for a new one.
    package static let version = 1

    private let profile: CaptureProfile
    private let seed: UInt64

    /// Creates a capture that is not written yet.
    package init(_ profile: CaptureProfile, seed: UInt64) {
        self.profile = profile
        self.seed = seed
    }

    private static let pieceLength = 1 << 20

    /// Writes the capture as a pcap file, in pieces of about a megabyte.
    ///
    /// - Parameters:
    ///   - output: Receives the next bytes of the file.
    ///   - records: Receives the encrypted records, each with its key and nonce (``RecordSealer``); nil to discard
    ///     them.
    /// - Returns: The contents of the capture.
    /// - Throws: The errors of `output` and `records`.
    package func write(
        _ output: ([UInt8]) throws -> Void, records: (([UInt8]) throws -> Void)? = nil
    ) rethrows -> CaptureTruth {
        var world = GeneratedWorld(profile, seed: seed)
        var open: [GeneratedConnection] = []
        var started = 0
        var isHurried = false
        while true {
            let isFull = world.isFull(expectedPackets: open.count * 6)
            if isFull, !isHurried {
                isHurried = true
                for index in open.indices { open[index].hurry() }
            }
            if !isFull, open.count < profile.openAtOnce, started < profile.connections,
                open.isEmpty || world.random.chance(0.3)
            {
                open.append(makeConnection(started, &world))
                started += 1
            }
            guard !open.isEmpty else { break }
            let index = world.random.below(open.count)
            open[index].step(&world)
            if open[index].isOver {
                open.swapAt(index, open.count - 1)
                open.removeLast()
            }
            if world.writer.bytes.count >= Self.pieceLength { try flush(&world, output, records) }
        }
        try flush(&world, output, records)
        world.truth.packets = world.writer.packetCount
        world.truth.bytes = world.writer.byteCount
        world.truth.connections = UInt64(started)
        return world.truth
    }

    /// The key log of its connections; empty if they are not encrypted.
    package func keyLog(connections: Int) -> String {
        profile.cipher == nil ? "" : (0..<connections).map(RecordWriter.keyLog).joined()
    }

    private func flush(
        _ world: inout GeneratedWorld, _ output: ([UInt8]) throws -> Void, _ records: (([UInt8]) throws -> Void)?
    ) rethrows {
        try output(world.writer.bytes)
        world.writer.removeAll()
        try records?(world.records)
        world.records.removeAll(keepingCapacity: true)
    }

    private func makeConnection(_ number: Int, _ world: inout GeneratedWorld) -> GeneratedConnection {
        let protocolSpoken = SpokenProtocol(profile, &world.random)
        let flow = Flow(
            number, isIPv6: world.random.chance(profile.ipv6), serverPort: protocolSpoken.port(&world.random),
            server: world.random.below(16))
        return GeneratedConnection(
            flow, Speaker(protocolSpoken, number), budget: budget(&world.random), &world.random,
            records: profile.cipher.map { RecordWriter($0, number) })
    }

    /// The number of packets of a connection: unlimited if all are open at the same time.
    private func budget(_ random: inout SeededRandom) -> Int {
        guard profile.openAtOnce < profile.connections else { return .max }
        let packets = profile.packets ?? (profile.bytes ?? 0) / 1000
        let mean = max(8, packets / profile.connections)
        return random.number(in: mean / 4...mean * 7 / 4)
    }
}

/// What all connections of a generated capture share.
struct GeneratedWorld {
    let profile: CaptureProfile
    let pools: PayloadPools
    var random: SeededRandom
    var writer = PacketWriter()
    var truth = CaptureTruth()
    /// Room for a message, and for the same compressed.
    var message: [UInt8] = []
    var compressed: [UInt8] = []
    /// Encrypted records, with what decrypts them.
    var records: [UInt8] = []

    init(_ profile: CaptureProfile, seed: UInt64) {
        self.profile = profile
        var random = SeededRandom(seed: seed)
        pools = PayloadPools(&random)
        self.random = random
    }

    /// Whether the capture has reached its size, given that `expectedPackets` will still come.
    func isFull(expectedPackets: Int) -> Bool {
        if let packets = profile.packets { return Int(writer.packetCount) + expectedPackets >= packets }
        return Int(writer.byteCount) >= profile.bytes ?? 0
    }
}
