import WireFormat

/// 16 bytes: a block of AES, an initialization vector, or a nonce in the first 12.
package struct Block: Sendable {
    private var storage = InlineArray<16, UInt8>(repeating: 0)

    /// Zeros.
    package init() {}

    /// The first 16 bytes; zeros where there are fewer.
    package init(_ bytes: Span<UInt8>) {
        for index in 0..<min(bytes.count, 16) { storage[index] = bytes[index] }
    }

    /// A number in network byte order.
    package init(bits: UInt128) {
        for index in 0..<16 { storage[index] = UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * index)) }
    }

    /// The counter block of a nonce of zeros: a number of 32 bits in the last bytes.
    init(first counter: UInt32) {
        self.init(bits: UInt128(counter))
    }

    package subscript(index: Int) -> UInt8 {
        get { storage[index] }
        set { storage[index] = newValue }
    }

    /// Eight of the bytes, by their place among such.
    @inline(__always)
    subscript(word index: Int) -> UInt64 {
        get { storage.span[word: index] }
        set {
            var span = storage.mutableSpan
            span[word: index] = newValue
        }
    }

    /// Combines the eight bytes from an index on, at most 8, with a number in network byte order.
    @inline(__always)
    mutating func combine(_ number: UInt64, at index: Int) {
        guard index <= 8, index >= 0 else { return }
        var span = storage.mutableSpan
        var bytes = unsafe span.mutableBytes
        unsafe bytes.storeBytes(
            of: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self) ^ number.bigEndian,
            toByteOffset: index, as: UInt64.self)
    }

    /// Replaces the eight bytes from an index on, at most 8, with the first of others, if there are as many.
    @inline(__always)
    mutating func replace(at index: Int, with bytes: Span<UInt8>) {
        guard index <= 8, index >= 0, bytes.count >= 8 else { return }
        for offset in 0..<8 { storage[index &+ offset] = bytes[offset] }
    }

    /// The last eight bytes, as a number in the machine's byte order.
    var tail: UInt64 {
        get { self[word: 1] }
        set { self[word: 1] = newValue }
    }

    package var span: Span<UInt8> {
        @_lifetime(borrow self) get { storage.span }
    }

    /// As a number in network byte order.
    package var bits: UInt128 {
        var bits: UInt128 = 0
        for index in 0..<16 { bits = bits << 8 | UInt128(storage[index]) }
        return bits
    }
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
