/// The bytes of a value that a stored property takes.
///
/// - Parameters:
///   - field: The property, in the value that `base` points to.
///   - base: The address of the value.
/// - Returns: The range of bytes, from the value's start.
package func bytes<Value: ~Copyable, Field: ~Copyable>(
    of field: inout Field, in base: UnsafeMutablePointer<Value>
) -> Range<Int> {
    let start = withUnsafeMutablePointer(to: &field) { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
    return start..<(start + MemoryLayout<Field>.size)
}
