/// Checks that a text which comes in pieces is UTF-8 throughout (RFC 3629, RFC 6455 8.1).
struct UTF8Validator: Sendable {
    /// The raw value of a ``UTF8State`` in the lowest six bits, and what does not matter above.
    private var state = UTF8State.between.rawValue

    /// Whether the text so far may be the beginning of a valid one.
    var isValid: Bool { state & 63 != UTF8State.broken.rawValue }

    /// Whether the text so far is valid and does not end inside a scalar.
    var isComplete: Bool { state & 63 == UTF8State.between.rawValue }

    /// Begins a new text.
    mutating func reset() {
        state = UTF8State.between.rawValue
    }

    /// Takes the next piece.
    mutating func receive(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count, isValid {
            if isComplete { index &+= Self.asciiCount(bytes.extracting(index...)) }
            // Where one byte is not ASCII, others are near.
            let end = min(index &+ 16, bytes.count)
            while index < end {
                state = UTF8State.steps[Int(bytes[index])] &>> state
                index &+= 1
            }
        }
    }

    /// Whether a text that is here as a whole is UTF-8.
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var text = UTF8Validator()
        text.receive(bytes)
        return text.isComplete
    }

    /// How many bytes at the beginning have no top bit: all of them, or a few less than that.
    private static func asciiCount(_ bytes: Span<UInt8>) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            let count = bytes.count
            var index = 0
            while index &+ 32 <= count {
                let first = unsafe load(bytes, index) | load(bytes, index &+ 8)
                let second = unsafe load(bytes, index &+ 16) | load(bytes, index &+ 24)
                guard (first | second) & topBits == 0 else { return index }
                index &+= 32
            }
            while index &+ 8 <= count {
                guard unsafe load(bytes, index) & topBits == 0 else { return index }
                index &+= 8
            }
            guard index < count else { return index }
            guard count >= 8 else {
                var all: UInt8 = 0
                for place in 0..<count { unsafe all |= bytes[place] }
                return all < 0x80 ? count : 0
            }
            // The last eight bytes, some of them once more.
            return unsafe load(bytes, count &- 8) & topBits == 0 ? count : index
        }
    }

    private static let topBits: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
