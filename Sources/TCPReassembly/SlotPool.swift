/// Values by slot that never move in memory while they live; free slots are used again.
///
/// Arrays of values that cannot be copied hand them out by moving them to and fro, which for the state of a connection
/// costs more than the work on it. Here access is a pointer. It is inlinable, as only the modules that use it know the
/// values' types.
@safe
@frozen
public struct SlotPool<Element: ~Copyable>: ~Copyable {
    @usableFromInline
    var chunks: [UnsafeMutablePointer<Element>] = unsafe []
    @usableFromInline
    var isInUse: [Bool] = []
    @usableFromInline
    var freeSlots: [Int] = []

    /// Values that are allocated together: 2 to the 6th.
    @inlinable
    static var chunkSize: Int { 64 }

    /// Makes an empty pool.
    @inlinable
    public init() {}

    deinit {
        for slot in isInUse.indices where isInUse[slot] { unsafe pointer(to: slot).deinitialize(count: 1) }
        unsafe chunks.forEach { unsafe $0.deallocate() }
    }

    /// The slots that are or were in use: 0 and up.
    @inlinable
    public var slots: Range<Int> { isInUse.indices }

    /// Whether the slot holds a value.
    @inlinable
    public func isUsed(_ slot: Int) -> Bool { isInUse[slot] }

    /// Puts a value in and returns its slot.
    @inlinable
    public mutating func insert(_ element: consuming Element) -> Int {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            isInUse[slot] = true
        } else {
            slot = isInUse.count
            isInUse.append(true)
            if unsafe slot / Self.chunkSize == chunks.count {
                let bytes = MemoryLayout<Element>.stride &* Self.chunkSize
                let chunk = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
                unsafe chunks.append(chunk.bindMemory(to: Element.self, capacity: Self.chunkSize))
            }
        }
        unsafe pointer(to: slot).initialize(to: element)
        return slot
    }

    /// Ends the value in a slot that is in use.
    @inlinable
    public mutating func remove(_ slot: Int) {
        precondition(isInUse[slot])
        unsafe pointer(to: slot).deinitialize(count: 1)
        isInUse[slot] = false
        freeSlots.append(slot)
    }

    /// The value in a slot that is in use.
    @inlinable
    public subscript(slot: Int) -> Element {
        unsafeAddress {
            assert(isInUse[slot])
            return unsafe UnsafePointer(pointer(to: slot))
        }
        unsafeMutableAddress {
            assert(isInUse[slot])
            return unsafe pointer(to: slot)
        }
    }

    /// Asks the processor to bring bytes of a slot's value near, which will be needed soon.
    ///
    /// - Parameters:
    ///   - slot: A slot that is or was in use.
    ///   - bytes: Which bytes of the value.
    @inlinable @inline(__always)
    public func prefetch(_ slot: Int, _ bytes: Range<Int>) {
        unsafe TCPReassembly.prefetch(UnsafeRawPointer(pointer(to: slot)), bytes)
    }

    @inlinable
    func pointer(to slot: Int) -> UnsafeMutablePointer<Element> {
        unsafe chunks[slot &>> 6] + slot & 63
    }
}
