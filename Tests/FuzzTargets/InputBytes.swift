/// The bytes of an input, taken from the front; behind their end there are zeros.
struct InputBytes {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// How many are left.
    var count: Int { bytes.count - position }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// Two bytes, the high one first.
    mutating func short() -> UInt16 {
        let high = byte()
        return UInt16(high) << 8 | UInt16(byte())
    }

    /// The next bytes, as many of `length` as there are.
    mutating func take(_ length: Int) -> [UInt8] {
        let taken = Array(bytes[position...].prefix(length))
        position += taken.count
        return taken
    }

    /// All that is left.
    mutating func rest() -> [UInt8] { take(count) }
}
