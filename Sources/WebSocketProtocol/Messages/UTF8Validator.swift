import CVectors

/// Checks that text arriving in pieces is valid UTF-8 (RFC 3629, RFC 6455 8.1).
struct UTF8Validator: Sendable {
    /// The raw value of a ``UTF8State`` in the lowest six bits; the others do not matter.
    private var state = UTF8State.between.rawValue

    /// Whether the text so far may be the start of a valid one.
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
        if isComplete { index = Self.asciiCount(bytes) }
        guard index < bytes.count, isValid else { return }
        guard bytes.count >= Self.shortestWithBlocks else { return step(through: bytes.extracting(index...)) }
        if index < Self.bytesBeforeBlock {
            stepBriefly(through: bytes.extracting(index..<Self.bytesBeforeBlock))
            index = Self.bytesBeforeBlock
        }
        guard isValid, unsafe bytes.withUnsafeBytes({ unsafe utf8_is_in_order($0.baseAddress, $0.count, index) }) else {
            state = UTF8State.broken.rawValue
            return
        }
        // All of it is in order, so the last scalar alone determines the state.
        state = UTF8State.between.rawValue
        stepBriefly(through: bytes.extracting(last: Self.lastScalarCount(of: bytes)))
    }

    private static let shortestWithBlocks = Int(utf8_blocks_shortest.rawValue)
    private static let bytesBeforeBlock = Int(utf8_block_before.rawValue)

    /// The number of bytes of the last scalar of a text that is in order; 0 if the scalar has four bytes and so is
    /// whole.
    private static func lastScalarCount(of bytes: Span<UInt8>) -> Int {
        for count in 1...3 where bytes[bytes.count &- count] & 0xc0 != 0x80 { return count }
        return 0
    }

    /// The same for a few bytes, which are mostly ASCII: then it asks for no table.
    @inline(__always)
    private mutating func stepBriefly(through bytes: Span<UInt8>) {
        var all: UInt8 = 0
        for index in bytes.indices { all |= bytes[index] }
        if all >= 0x80 || !isComplete { step(through: bytes) }
    }

    private mutating func step(through bytes: Span<UInt8>) {
        for index in bytes.indices { state = UTF8State.steps[Int(bytes[index])] &>> state }
    }

    /// Whether a whole text is valid UTF-8.
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var text = UTF8Validator()
        text.receive(bytes)
        return text.isComplete
    }

    /// Counts the ASCII bytes at the start; the result may be slightly too small, but never too large.
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
            // The last eight bytes, some of them a second time.
            return unsafe load(bytes, count &- 8) & topBits == 0 ? count : index
        }
    }

    private static let topBits: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}

/// The state of a UTF-8 decoder: the position within a scalar (RFC 3629 4).
///
/// For each byte, one number holds the next state of every state: six bits each, at the position given by the raw
/// value. So a step is a shift and needs no table lookup by state.
enum UTF8State: UInt64, CaseIterable {
    /// After an impossible byte; final.
    case broken = 0
    /// Between scalars.
    case between = 6
    /// One, two or three bytes are missing, of any value.
    case missingOne = 12
    case missingTwo = 18
    case missingThree = 24
    /// The next byte has fewer values: overlong forms, surrogates and scalars beyond U+10FFFF are excluded.
    case afterE0 = 30
    case afterED = 36
    case afterF0 = 42
    case afterF4 = 48

    /// The state after another byte.
    func next(_ byte: UInt8) -> UTF8State {
        switch (self, byte) {
        case (.between, 0x00...0x7f), (.missingOne, 0x80...0xbf): .between
        case (.between, 0xc2...0xdf), (.missingTwo, 0x80...0xbf): .missingOne
        case (.afterE0, 0xa0...0xbf), (.afterED, 0x80...0x9f): .missingOne
        case (.between, 0xe1...0xec), (.between, 0xee...0xef), (.missingThree, 0x80...0xbf): .missingTwo
        case (.afterF0, 0x90...0xbf), (.afterF4, 0x80...0x8f): .missingTwo
        case (.between, 0xf1...0xf3): .missingThree
        case (.between, 0xe0): .afterE0
        case (.between, 0xed): .afterED
        case (.between, 0xf0): .afterF0
        case (.between, 0xf4): .afterF4
        default: .broken
        }
    }

    /// For each byte, the states that follow it: the one that follows state `s` begins at bit `s.rawValue`.
    static let steps = InlineArray<256, UInt64> { byte in
        allCases.reduce(0) { $0 | $1.next(UInt8(byte)).rawValue &<< $1.rawValue }
    }
}
