/// The key of records: 16 or 32 bytes, as its cipher says.
///
/// Each direction of a connection keeps one: ``KeyBytes`` has room for secrets, which are longer.
struct RecordKey: Sendable {
    private var storage = InlineArray<32, UInt8>(repeating: 0)

    /// The bytes that it takes.
    static let size = 32

    /// Takes the first 32 bytes; zeros where there are fewer.
    init(_ key: KeyBytes) {
        for index in 0..<min(key.count, Self.size) { storage[index] = key.span[index] }
    }

    /// The first bytes.
    @inline(__always) @_lifetime(borrow self)
    func span(count: Int) -> Span<UInt8> { storage.span.extracting(first: count) }

    /// The first bytes, in a value of their own.
    func bytes(count: Int) -> KeyBytes { KeyBytes(span(count: count)) }
}

extension RecordKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "a secret key" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
