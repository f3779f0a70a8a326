/// What replaces bytes that must not be shown.
///
/// It never has five letters in a row, so no word of the original can be part of it, and it does not depend on the
/// original.
enum Filler {
    // Not four: masking keys have four bytes, and what repeats under them does not look like text.
    private static var letters: InlineArray<5, UInt8> { [0x78, 0x71, 0x7a, 0x6b, 0x37] }

    /// The character at an index of a text: "xqzk7xqzk7…".
    @inline(__always)
    static func character(_ place: Int) -> UInt8 { letters[place % 5] }

    /// The character at an index of a text whose bytes are about as frequent as those of real text.
    ///
    /// Masked text is recognised by what it unmasks to, but only by bytes that are not common in the stream. Five
    /// repeating characters would be common.
    @inline(__always)
    static func variedCharacter(_ place: Int) -> UInt8 {
        // A multiplicative hash: no two indices give the same characters for long, and every fifth one is a digit.
        let number = UInt64(truncatingIfNeeded: place &+ 1) &* 0x9e37_79b9_7f4a_7c15 &>> 40
        return place % 5 == 4
            ? 0x30 &+ UInt8(truncatingIfNeeded: number % 10) : 0x61 &+ UInt8(truncatingIfNeeded: number % 26)
    }

    /// The byte at an index of binary data: none is ASCII, and none begins a frame, since each sets RSV2 or RSV3 (RFC
    /// 6455 5.2).
    @inline(__always)
    static func byte(_ place: Int) -> UInt8 {
        let number = UInt8(truncatingIfNeeded: place % 96 &* 37 % 96)
        return number < 48 ? 0x90 &+ number : 0xa0 &+ number
    }

    /// A text of this length.
    static func text(_ count: Int) -> [UInt8] { (0..<count).map(character) }

    /// A text of this length of ``variedCharacter(_:)``.
    static func variedText(_ count: Int) -> [UInt8] { (0..<count).map(variedCharacter) }

    /// Binary data of this length.
    static func binary(_ count: Int) -> [UInt8] { (0..<count).map(byte) }

    /// Data of this length that does not inflate: it begins with a block of the reserved type (RFC 1951 3.2.3).
    ///
    /// The rest looks like compressed data, since the search for frames weighs headers against what the stream looks
    /// like. Every fifth byte is not ASCII.
    ///
    /// - Parameters:
    ///   - count: The length.
    ///   - offset: Its offset in the stream, which determines the data.
    /// - Returns: The data.
    static func undecodable(_ count: Int, at offset: UInt64) -> [UInt8] {
        var state = offset
        return (0..<count).map { place in
            guard place > 0 else { return 0xff }
            // SplitMix64.
            state &+= 0x9e37_79b9_7f4a_7c15
            var number = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
            let byte = UInt8(truncatingIfNeeded: number ^ number >> 31)
            return place % 5 == 4 ? byte | 0x80 : byte
        }
    }
}
