/// Memory of a fixed size, freed with its last owner.
@safe
final class MemoryBlock {
    /// Its first byte.
    let start: UnsafeMutableRawPointer
    /// Its size.
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    }

    deinit {
        unsafe start.deallocate()
    }
}
