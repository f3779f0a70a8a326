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

    /// Creates a value of zeros, at most ``capacity``.
    init(zeros count: Int) {
        size = UInt8(clamping: min(count, Self.capacity))
    }

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

    /// Eight of the bytes, by their place among such; those beyond the count stay 0.
    @inline(__always)
    subscript(word index: Int) -> UInt64 {
        get { storage.span[word: index] }
        set {
            let unused = min(8, max(0, index &* 8 &+ 8 &- count))
            let mask = unused == 8 ? 0 : UInt64(littleEndian: .max &>> UInt64(8 &* unused))
            var span = storage.mutableSpan
            span[word: index] = newValue & mask
        }
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
        var difference: UInt64 = 0
        for index in 0..<Self.capacity / 8 { difference |= left[word: index] ^ right[word: index] }
        return difference == 0
    }
}

extension KeyBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(count) secret bytes" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
