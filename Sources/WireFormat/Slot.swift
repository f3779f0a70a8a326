/// Where a ``SlotPool`` keeps a value: a four-byte index, typed so that only a pool of such values accepts it.
@frozen
public struct Slot<Element: ~Copyable>: Hashable, Sendable {
    @usableFromInline
    let number: Int32

    /// The slot with a 0-based number below 2^31.
    @inlinable @inline(__always)
    public init(_ index: Int) {
        number = Int32(truncatingIfNeeded: index)
    }

    /// Its 0-based number.
    @inlinable @inline(__always)
    public var index: Int { Int(number) }
}
