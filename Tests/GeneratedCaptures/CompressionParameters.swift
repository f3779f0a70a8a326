/// How one end compresses (RFC 7692 7.1).
struct CompressionParameters {
    let windowBits: Int32
    let takesContextOver: Bool

    init(_ random: inout SeededRandom) {
        windowBits = random.chance(0.75) ? 15 : Int32(random.number(in: 9...12))
        takesContextOver = random.chance(0.7)
    }

    var deflater: Deflater { Deflater(windowBits: windowBits, takesContextOver: takesContextOver) }

    /// What the upgrade's response says of it; `side` is "client" or "server".
    func words(_ side: String) -> String {
        (takesContextOver ? "" : "; \(side)_no_context_takeover")
            + (windowBits == 15 ? "" : "; \(side)_max_window_bits=\(windowBits)")
    }
}
