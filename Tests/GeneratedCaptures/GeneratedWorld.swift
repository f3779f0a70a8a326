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

    init(_ profile: CaptureProfile, seed: UInt64) {
        self.profile = profile
        var random = SeededRandom(seed: seed)
        pools = PayloadPools(&random)
        self.random = random
    }

    /// Whether the capture is as large as it was to be; `expectedPackets` are to come in any case.
    func isFull(expectedPackets: Int) -> Bool {
        if let packets = profile.packets { return Int(writer.packetCount) + expectedPackets >= packets }
        return Int(writer.byteCount) >= profile.bytes ?? 0
    }
}
