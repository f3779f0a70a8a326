/// Random numbers that a seed repeats (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// True in this share of the cases.
    mutating func chance(_ share: Double) -> Bool {
        share > 0 && Double(next() >> 11) * 0x1p-53 < share
    }

    /// A number from 0 up to, and without, `end`.
    mutating func below(_ end: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(end)).high)
    }

    /// A number of the range.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// A number of the range; each doubling is as frequent as the next.
    mutating func length(in range: ClosedRange<Int>) -> Int {
        let low = Int.bitWidth - max(1, range.lowerBound).leadingZeroBitCount
        let high = Int.bitWidth - max(1, range.upperBound).leadingZeroBitCount
        let bits = number(in: low...high)
        return number(in: max(range.lowerBound, 1 << (bits - 1))...min(range.upperBound, (1 << bits) - 1))
    }
}
