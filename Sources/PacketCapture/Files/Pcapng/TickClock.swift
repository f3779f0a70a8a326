import WireFormat

/// Converts an interface's timestamps (draft-ietf-opsawg-pcapng 4.2, if_tsresol and if_tsoffset).
struct TickClock {
    /// if_tsresol: the negated exponent of 10, or of 2 if the top bit is set.
    private let resolution: UInt8
    /// Seconds added to every time.
    private let offset: Int64
    /// The length of a tick in nanoseconds, for the fast path; 0 if it is not a whole number, or if there is an offset.
    private let nanosecondsPerTick: UInt64

    /// Creates the clock of an interface; the default unit is microseconds.
    init(resolution: UInt8 = 6, offset: Int64 = 0) {
        self.resolution = resolution
        self.offset = offset
        let isPlain = resolution <= 9 && offset == 0
        nanosecondsPerTick = isPlain ? UInt64(Self.power(9 - Int(resolution))) : 0
    }

    /// The time of a number of ticks, rounded down to nanoseconds and clamped to 64 bits.
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
                // 2^64 ticks of 10^-39 s are less than a nanosecond.
                0
            } else {
                billionths / Self.power(exponent)
            }
        let sum = Int128(nanoseconds) + Int128(offset) * 1_000_000_000
        return Timestamp(nanoseconds: Int64(clamping: sum))
    }

    /// 10 to the power of `exponent`, from 0 to `largestPower`.
    private static func power(_ exponent: Int) -> UInt128 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// 10^38 is the largest power of ten that fits into 128 bits.
    private static let largestPower = 38
}
