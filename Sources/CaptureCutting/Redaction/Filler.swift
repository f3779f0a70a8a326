/// What takes the place of bytes that are not to be seen.
///
/// It never has five letters in a row, so that no word of the original can be part of it, and it does not depend on the
/// original.
enum Filler {
    // Not four: masks have four bytes, and what repeats itself under them does not look like text.
    private static var letters: InlineArray<5, UInt8> { [0x78, 0x71, 0x7a, 0x6b, 0x37] }

    /// The character at a place of a text: "xqzk7xqzk7…".
    @inline(__always)
    static func character(_ place: Int) -> UInt8 { letters[place % 5] }

    /// The byte at a place of binary data: none is ASCII.
    @inline(__always)
    static func byte(_ place: Int) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: place &* 37) & 0x7f }

    /// A text of this length.
    static func text(_ count: Int) -> [UInt8] { (0..<count).map(character) }

    /// Binary data of this length.
    static func binary(_ count: Int) -> [UInt8] { (0..<count).map(byte) }

    /// Data of this length that does not inflate: it begins with a block of the reserved type (RFC 1951 3.2.3).
    static func undecodable(_ count: Int) -> [UInt8] { (0..<count).map { _ in 0xff } }
}

/// Replaces texts by others that depend on them, so that equal ones stay equal, without telling what they were.
struct Pseudonyms: Sendable {
    private let key: UInt64

    /// - Parameter key: A number that nobody else knows.
    init(key: UInt64) {
        self.key = key
    }

    /// A text of as many bytes, without five letters in a row.
    func text(for original: some Collection<UInt8>) -> [UInt8] {
        var random = generator(original)
        return (0..<original.count).map { place in
            place % 5 == 4 ? 0x30 + UInt8(random.next() % 10) : 0x61 + UInt8(random.next() % 26)
        }
    }

    /// Binary data of as many bytes, none of them a letter.
    func binary(for original: some Collection<UInt8>, attempt: UInt64 = 0) -> [UInt8] {
        var random = generator(original, attempt)
        return (0..<original.count).map { _ in 0x80 | UInt8(truncatingIfNeeded: random.next() >> 8) & 0x7f }
    }

    private func generator(_ original: some Collection<UInt8>, _ attempt: UInt64 = 0) -> SplitMix {
        var hasher = KeyedHash(key, attempt)
        for byte in original { hasher.add(byte) }
        return SplitMix(state: hasher.value)
    }
}

/// A keyed hash, with two rounds of mixing for each byte; not for tables.
private struct KeyedHash {
    private var one: UInt64
    private var other: UInt64

    init(_ key: UInt64, _ tweak: UInt64) {
        one = key ^ 0x736f_6d65_7073_6575
        other = SplitMix.mix(key &+ tweak)
    }

    mutating func add(_ byte: UInt8) {
        one = SplitMix.mix(one ^ UInt64(byte) &+ other)
        other = other &* 0x9e37_79b9_7f4a_7c15 &+ one
    }

    var value: UInt64 { SplitMix.mix(one ^ other) }
}

/// SplitMix64.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
