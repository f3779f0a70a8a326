import WireFormat

/// What the ticks of an interface's time stamps are (draft-ietf-opsawg-pcapng 4.2, if_tsresol and if_tsoffset).
struct TickClock {
    /// The exponent as if_tsresol has it: of 10, or with the top bit set of 2, negated.
    private let resolution: UInt8
    /// Seconds that are added to every time.
    private let offset: Int64
    /// The length of a tick where that is all there is to it; 0 where it is not.
    private let nanosecondsPerTick: UInt64

    /// Makes the clock of an interface; microseconds are the default.
    init(resolution: UInt8 = 6, offset: Int64 = 0) {
        self.resolution = resolution
        self.offset = offset
        let isPlain = resolution <= 9 && offset == 0
        nanosecondsPerTick = isPlain ? UInt64(Self.power(9 - Int(resolution))) : 0
    }

    /// The moment of a number of ticks, fractions of a nanosecond cut off; clamped to 64 bits.
    @inline(__always)
    func time(_ ticks: UInt64) -> Timestamp {
        let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: nanosecondsPerTick)
        guard !overflow, nanoseconds <= UInt64(Int64.max), nanosecondsPerTick > 0 else { return exactTime(ticks) }
        return Timestamp(nanoseconds: Int64(nanoseconds))
    }

    @inline(never)
    private func exactTime(_ ticks: UInt64) -> Timestamp {
        let exponent = Int(resolution & 0x7F)
        let billionths = UInt128(ticks) * 1_000_000_000
        let nanoseconds: UInt128 =
            if resolution & 0x80 != 0 {
                billionths >> UInt128(exponent)
            } else if exponent > Self.largestPower {
                // Below 2^64 billionths of a second: less than a nanosecond.
                0
            } else {
                billionths / Self.power(exponent)
            }
        let sum = Int128(nanoseconds) + Int128(offset) * 1_000_000_000
        return Timestamp(nanoseconds: Int64(clamping: sum))
    }

    /// 10 to the power of `exponent`, which is not negative and at most `largestPower`.
    private static func power(_ exponent: Int) -> UInt128 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// 10^38 is the largest power of ten in 128 bits.
    private static let largestPower = 38
}
