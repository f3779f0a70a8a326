/// Up to 48 bytes that must not be shown: a secret or a key.
///
/// Its descriptions hide them, so that no message or trap of ours can print them.
package struct KeyBytes: Sendable {
    /// The longest there is: a master secret, or a traffic secret of SHA-384.
    package static let capacity = 48

    private var storage = InlineArray<48, UInt8>(repeating: 0)
    private var size: UInt8 = 0
    /// How many bytes there are.
    package var count: Int { Int(size) }

    /// Creates an empty value.
    init() {}

    /// Copies bytes; those beyond ``capacity`` are left out.
    package init(_ bytes: Span<UInt8>) {
        for index in 0..<min(bytes.count, Self.capacity) { append(bytes[index]) }
    }

    /// Copies bytes; those beyond ``capacity`` are left out.
    package init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes.prefix(Self.capacity) { append(byte) }
    }

    /// Appends a byte, if there is room.
    mutating func append(_ byte: UInt8) {
        guard count < Self.capacity else { return }
        storage[count] = byte
        size &+= 1
    }

    /// Takes bytes from words as ``words`` gives them.
    init(words: InlineArray<6, UInt64>, count: Int) {
        let size = min(count, Self.capacity)
        self.size = UInt8(clamping: size)
        var span = storage.mutableSpan
        for index in 0..<6 {
            // Those beyond the count stay 0.
            let unused = max(0, index &* 8 &+ 8 &- size)
            let mask = unused >= 8 ? 0 : UInt64(littleEndian: .max &>> UInt64(8 &* unused))
            span[word: index] = words[index] & mask
        }
    }

    /// The bytes by eight, as they stand in memory; 0 beyond the count.
    var words: InlineArray<6, UInt64> {
        let span = storage.span
        return InlineArray { span[word: $0] }
    }

    /// Leaves the first `length` bytes.
    mutating func truncate(to length: Int) {
        while count > max(0, length) {
            size &-= 1
            storage[count] = 0
        }
    }

    /// The bytes.
    package var span: Span<UInt8> {
        @_lifetime(borrow self) get { storage.span.extracting(first: count) }
    }
}

extension KeyBytes: Equatable {
    /// Compares all bytes; those beyond the count are 0.
    package static func == (left: KeyBytes, right: KeyBytes) -> Bool {
        guard left.count == right.count else { return false }
        let (one, other) = (left.storage.span, right.storage.span)
        var difference: UInt64 = 0
        for index in 0..<Self.capacity / 8 { difference |= one[word: index] ^ other[word: index] }
        return difference == 0
    }
}

extension KeyBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(count) secret bytes" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
