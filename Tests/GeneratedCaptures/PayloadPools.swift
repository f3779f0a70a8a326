/// Bytes from which payloads are cut.
struct PayloadPools {
    private static let byteCount = 1 << 18
    private static let words = [
        "tea", "kettle", "\"hot\"", "water", "cup", "café", "and", "the", "is", "on", "please", "later", "☕", "room",
        "hello", "waiting", "for", "milk", "sugar", "{\"user\":7}", "leaves", "when", "who", "\n", "again", "naïve",
    ]

    private let text: [UInt8]
    private let noise: [UInt8]

    init(_ random: inout SeededRandom) {
        var text: [UInt8] = []
        while text.count < Self.byteCount {
            text += Self.words[random.below(Self.words.count)].utf8
            text.append(0x20)
        }
        self.text = text
        noise = (0..<Self.byteCount / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    /// Appends random bytes.
    func appendNoise(_ count: Int, to bytes: inout [UInt8], _ random: inout SeededRandom) {
        var left = count
        while left > 0 {
            let start = random.below(noise.count)
            let length = min(left, noise.count - start)
            bytes.append(contentsOf: noise[start..<start + length])
            left -= length
        }
    }

    /// Appends about `count` bytes of UTF-8 text.
    func appendText(_ count: Int, to bytes: inout [UInt8], _ random: inout SeededRandom) {
        var left = count
        while left > 0 {
            let start = boundary(from: random.below(text.count))
            let end = boundary(from: min(text.count, start + left))
            bytes.append(contentsOf: text[start..<end])
            left -= max(1, end - start)
        }
    }

    /// The first index from here on at which a character begins.
    private func boundary(from place: Int) -> Int {
        var place = place
        while place < text.count, text[place] & 0xc0 == 0x80 { place += 1 }
        return place
    }
}

/// Random numbers that a seed reproduces (SplitMix64).
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

    /// Returns true with this probability.
    mutating func chance(_ share: Double) -> Bool {
        share > 0 && Double(next() >> 11) * 0x1p-53 < share
    }

    /// A number from 0 to below `end`.
    mutating func below(_ end: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(end)).high)
    }

    /// A number in the range.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// A number in the range; each doubling is as frequent as the next.
    mutating func length(in range: ClosedRange<Int>) -> Int {
        let low = Int.bitWidth - max(1, range.lowerBound).leadingZeroBitCount
        let high = Int.bitWidth - max(1, range.upperBound).leadingZeroBitCount
        let bits = number(in: low...high)
        return number(in: max(range.lowerBound, 1 << (bits - 1))...min(range.upperBound, (1 << bits) - 1))
    }
}
