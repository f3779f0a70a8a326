import WireFormat

/// 16 bytes: a block of AES, an initialization vector, or a nonce in the first 12.
package struct Block: Sendable {
    // In the order of memory. Two words go in registers, where 16 bytes go one by one.
    private var words: InlineArray<2, UInt64> = [0, 0]

    /// Zeros.
    package init() {}

    /// The first 16 bytes; zeros where there are fewer.
    package init(_ bytes: Span<UInt8>) {
        var bits: UInt128 = 0
        for index in 0..<min(bytes.count, 16) { bits |= UInt128(bytes[index]) << UInt128(120 &- 8 &* index) }
        self.init(bits: bits)
    }

    /// A number in network byte order.
    @inline(__always)
    package init(bits: UInt128) {
        words = [UInt64(truncatingIfNeeded: bits >> 64).bigEndian, UInt64(truncatingIfNeeded: bits).bigEndian]
    }

    /// The counter block of a nonce of zeros: a number of 32 bits in the last bytes.
    init(first counter: UInt32) {
        self.init(bits: UInt128(counter))
    }

    /// Eight of the bytes, by their place among such.
    @inline(__always)
    subscript(word index: Int) -> UInt64 {
        get { words[index] }
        set { words[index] = newValue }
    }

    /// Combines the eight bytes from an index on, at most 8, with a number in network byte order.
    @inline(__always)
    mutating func combine(_ number: UInt64, at index: Int) {
        guard index <= 8, index >= 0 else { return }
        self = Block(bits: bits ^ UInt128(number) << UInt128(64 &- 8 &* index))
    }

    /// Replaces the eight bytes from an index on, at most 8, with the first of others, if there are as many.
    @inline(__always)
    mutating func replace(at index: Int, with bytes: Span<UInt8>) {
        guard index <= 8, index >= 0, bytes.count >= 8 else { return }
        let shift = UInt128(64 &- 8 &* index)
        self = Block(bits: bits & ~(UInt128(UInt64.max) << shift) | UInt128(bytes.bigEndianUInt64(at: 0)) << shift)
    }

    /// The last eight bytes, as a number in the machine's byte order.
    var tail: UInt64 {
        get { self[word: 1] }
        set { self[word: 1] = newValue }
    }

    package var span: Span<UInt8> {
        @_lifetime(borrow self) @inline(__always) get { unsafe Span(_bytes: words.span.bytes) }
    }

    /// As a number in network byte order.
    @inline(__always)
    package var bits: UInt128 { UInt128(words[0].bigEndian) << 64 | UInt128(words[1].bigEndian) }
}

/// The field that GHASH multiplies in (NIST SP 800-38D 6.3).
enum GaloisField {
    private static let polynomial: UInt128 = 0xe1 << 120

    static func multiply(_ one: UInt128, _ other: UInt128) -> UInt128 {
        var (product, factor): (UInt128, UInt128) = (0, other)
        for bit in stride(from: 127, through: 0, by: -1) {
            if one >> UInt128(bit) & 1 == 1 { product ^= factor }
            factor = factor & 1 == 1 ? factor >> 1 ^ polynomial : factor >> 1
        }
        return product
    }
}
