/// The order in which a capture file's writer put the bytes of its integers.
public enum ByteOrder: CaseIterable, Sendable {
    case littleEndian, bigEndian
}

extension [UInt8] {
    /// Appends the bytes of `value` in `order`.
    mutating func append<Value: FixedWidthInteger>(_ value: Value, _ order: ByteOrder) {
        let stored = order == .bigEndian ? value.bigEndian : value.littleEndian
        Swift.withUnsafeBytes(of: stored) { append(contentsOf: $0) }
    }
}
