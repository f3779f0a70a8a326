/// Eight bytes at a time, in the order that they have in memory.
extension Span<UInt8> {
    /// Eight of the bytes, by their place among such.
    @inline(__always)
    subscript(word index: Int) -> UInt64 {
        precondition(index >= 0 && index < count / 8)
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index &* 8, as: UInt64.self)
    }
}

extension MutableSpan<UInt8> {
    /// Eight of the bytes, by their place among such.
    @inline(__always)
    subscript(word index: Int) -> UInt64 {
        get { span[word: index] }
        set {
            precondition(index >= 0 && index < count / 8)
            var bytes = unsafe mutableBytes
            bytes.storeBytes(of: newValue, toByteOffset: index &* 8, as: UInt64.self)
        }
    }
}
