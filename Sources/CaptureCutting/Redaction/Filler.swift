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
