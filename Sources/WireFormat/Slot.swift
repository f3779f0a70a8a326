/// Where a ``SlotPool`` keeps a value: four bytes that only a pool of such values takes.
@frozen
public struct Slot<Element: ~Copyable>: Hashable, Sendable {
    @usableFromInline
    let number: Int32

    /// The slot with a 0-based number; there are less than 2^31.
    @inlinable @inline(__always)
    public init(_ index: Int) {
        number = Int32(truncatingIfNeeded: index)
    }

    /// Its 0-based number.
    @inlinable @inline(__always)
    public var index: Int { Int(number) }
}
