/// Which bytes of a value a stored property takes.
///
/// - Parameters:
///   - field: The property, of the value that `base` points to.
///   - base: Where the value is.
/// - Returns: The bytes, from the value's first.
package func bytes<Value: ~Copyable, Field: ~Copyable>(
    of field: inout Field, in base: UnsafeMutablePointer<Value>
) -> Range<Int> {
    let start = withUnsafeMutablePointer(to: &field) { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    return start..<(start + MemoryLayout<Field>.size)
}
