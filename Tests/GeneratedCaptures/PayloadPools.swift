/// Bytes that payloads are cut from.
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

    /// Appends UTF-8, about `count` bytes of it.
    func appendText(_ count: Int, to bytes: inout [UInt8], _ random: inout SeededRandom) {
        var left = count
        while left > 0 {
            let start = boundary(from: random.below(text.count))
            let end = boundary(from: min(text.count, start + left))
            bytes.append(contentsOf: text[start..<end])
            left -= max(1, end - start)
        }
    }

    /// The first place from here on where a character begins.
    private func boundary(from place: Int) -> Int {
        var place = place
        while place < text.count, text[place] & 0xc0 == 0x80 { place += 1 }
        return place
    }
}
