import WireFormat

/// Replaces texts by others that depend on them, so that equal texts stay equal, without revealing them: by SHA-256
/// with a key that is thrown away.
package struct Pseudonyms: Sendable {
    private let key: (UInt64, UInt64)

    /// - Parameter key: A secret key.
    package init(key: (UInt64, UInt64)) {
        self.key = key
    }

    /// A text of the same length in bytes, without five letters in a row.
    func text(for original: some Collection<UInt8>) -> [UInt8] {
        var random = generator(original)
        return (0..<original.count).map { place in
            place % 5 == 4 ? 0x30 + UInt8(random.next() % 10) : 0x61 + UInt8(random.next() % 26)
        }
    }

    /// A number of 24 bits, the same for equal texts.
    func number(for original: some Collection<UInt8>) -> Int {
        var random = generator(original)
        return (0..<3).reduce(0) { number, _ in number << 8 | Int(random.next()) }
    }

    /// A text in which letters, digits and bytes beyond ASCII are replaced; control characters and punctuation stay.
    ///
    /// It has no five letters in a row.
    func shaped(_ original: some Collection<UInt8>) -> [UInt8] {
        var random = generator(original)
        var letters = 0
        return original.map { byte in
            let number = random.next()
            if byte.isLetter, letters < 4 {
                letters += 1
                return byte & 0x20 | 0x41 + UInt8(number % 26)
            }
            letters = 0
            if byte.isLetter || byte.isDigit { return 0x30 + UInt8(number % 10) }
            return byte < 0x80 ? byte : 0x80 | UInt8(truncatingIfNeeded: number) & 0x7f
        }
    }

    /// Replaces addresses in text form; valid ones stay valid.
    func addressText(_ original: some Collection<UInt8>) -> [UInt8] {
        var random = generator(original)
        var isFirst = true
        return original.map { byte in
            let number = random.next()
            defer { isFirst = byte == 0x2e || byte == 0x2d }
            if byte.isDigit { return isFirst ? 0x31 : 0x30 + UInt8(number % 10) }
            return byte.isLetter ? 0x61 + UInt8(number % 6) : byte
        }
    }

    /// Binary data of the same length, different for different data; beyond four bytes, none is ASCII.
    func binary(for original: [UInt8]) -> [UInt8] {
        guard original.count > 4 else { return permuted(original) }
        var random = generator(original)
        return original.map { _ in 0x80 | random.next() & 0x7f }
    }

    /// A permutation of all values of a short length, which maps zero to zero.
    func permuted(_ original: [UInt8]) -> [UInt8] {
        guard original.contains(where: { $0 != 0 }) else { return original }
        var bytes = original
        repeat { bytes = permutedOnce(bytes) } while !bytes.contains(where: { $0 != 0 })
        return bytes
    }

    /// Replaces a masking key: different keys stay different, and zero stays zero.
    ///
    /// The three top bits of each byte stay: after a gap, masked text is recognised by bytes that are not printable,
    /// and those bits decide that.
    func maskingKey(_ original: UInt32) -> UInt32 {
        guard original != 0 else { return 0 }
        var key = original
        repeat {
            let kept = (0..<4).map { UInt8(truncatingIfNeeded: key >> UInt32($0 * 8 + 5)) & 7 }
            // A Feistel network of four rounds, whose halves are ten bits of two bytes.
            var left = key & 31 | key >> 3 & 0x3e0
            var right = key >> 16 & 31 | key >> 19 & 0x3e0
            for round in 0..<4 as Range<UInt8> {
                var random = generator([round, UInt8(right & 31), UInt8(right >> 5)] + kept)
                let next = left ^ (UInt32(random.next()) | UInt32(random.next()) << 8) & 0x3ff
                (left, right) = (right, next)
            }
            let low = left & 31 | (left & 0x3e0) << 3
            let high = right & 31 | (right & 0x3e0) << 3
            key = key & 0xe0e0_e0e0 | low | high << 16
        } while key == 0
        return key
    }

    /// A Feistel network of four rounds, whose halves are the even and odd nibbles.
    private func permutedOnce(_ original: [UInt8]) -> [UInt8] {
        var left = original.map { $0 >> 4 }
        var right = original.map { $0 & 15 }
        for round in 0..<4 as Range<UInt8> {
            var random = generator([round] + right)
            let next = left.map { $0 ^ random.next() & 15 }
            (left, right) = (right, next)
        }
        return zip(left, right).map { $0 << 4 | $1 }
    }

    private func generator(_ original: some Collection<UInt8>) -> Generator {
        var input: [UInt8] = []
        for number in [key.0, key.1] {
            for shift in stride(from: 56, through: 0, by: -8) {
                input.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
            }
        }
        input += original
        return Generator(SHA256.digest(of: input.span))
    }

    /// A generator of random-looking bytes.
    private struct Generator {
        private var block: InlineArray<32, UInt8>
        private var place = 0

        init(_ seed: InlineArray<32, UInt8>) { block = seed }

        mutating func next() -> UInt8 {
            // Half of each block is never shown, so that none reveals the next.
            if place == 16 {
                block = SHA256.digest(of: block.span)
                place = 0
            }
            place += 1
            return block[place - 1]
        }
    }
}
