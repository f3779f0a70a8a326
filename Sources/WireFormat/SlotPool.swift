public import CPrefetch

/// Values by slot that never move in memory while they live; free slots are used again.
///
/// Arrays of values that cannot be copied hand them out by moving them to and fro, which for the state of a connection
/// costs more than the work on it. Here access is a pointer. It is inlinable, as only the modules that use it know the
/// values' types. It is public and frozen for that: if it is `package`, each access asks for its metadata, and packets take
/// twice as long.
@safe
@frozen
public struct SlotPool<Element: ~Copyable>: ~Copyable {
    @usableFromInline
    var chunks: [UnsafeMutablePointer<Element>] = unsafe []
    @usableFromInline
    var isInUse: [Bool] = []
    @usableFromInline
    var freeSlots: [Slot<Element>] = []

    /// Values that are allocated together: 2 to the 6th.
    @inlinable
    static var chunkSize: Int { 64 }

    /// Makes an empty pool.
    @inlinable
    public init() {}

    deinit {
        // By index: this is not specialised for the element, and a lazy sequence would ask for its types at each step.
        for index in 0..<isInUse.count where isInUse[index] { unsafe pointer(to: Slot(index)).deinitialize(count: 1) }
        unsafe chunks.forEach { unsafe $0.deallocate() }
    }

    /// How many slots are or were in use.
    @inlinable
    public var slotCount: Int { isInUse.count }

    /// The slots that are or were in use, in order.
    @inlinable
    public var slots: LazyMapSequence<Range<Int>, Slot<Element>> { isInUse.indices.lazy.map { Slot($0) } }

    /// Whether the slot holds a value.
    @inlinable
    public func isUsed(_ slot: Slot<Element>) -> Bool { isInUse[slot.index] }

    /// Whether a value can be put in without memory for more.
    @inlinable
    public var hasFreeSlot: Bool { unsafe !freeSlots.isEmpty || isInUse.count < chunks.count &* Self.chunkSize }

    /// The bytes of the slots that are added at a time.
    @inlinable
    public static var chunkByteCount: Int { chunkSize &* MemoryLayout<Element>.stride }

    /// The bytes of all slots, used and free.
    @inlinable
    public var byteCount: Int { unsafe chunks.count &* Self.chunkByteCount }

    /// Puts a value in and returns its slot.
    @inlinable
    public mutating func insert(_ element: consuming Element) -> Slot<Element> {
        let slot: Slot<Element>
        if let free = freeSlots.popLast() {
            slot = free
            isInUse[slot.index] = true
        } else {
            slot = Slot(isInUse.count)
            isInUse.append(true)
            if unsafe slot.index / Self.chunkSize == chunks.count {
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
    public mutating func remove(_ slot: Slot<Element>) {
        precondition(isInUse[slot.index])
        unsafe pointer(to: slot).deinitialize(count: 1)
        isInUse[slot.index] = false
        freeSlots.append(slot)
    }

    /// The value in a slot that is in use.
    @inlinable
    public subscript(slot: Slot<Element>) -> Element {
        unsafeAddress {
            assert(isInUse[slot.index])
            return unsafe UnsafePointer(pointer(to: slot))
        }
        unsafeMutableAddress {
            assert(isInUse[slot.index])
            return unsafe pointer(to: slot)
        }
    }

    /// Asks the processor to bring bytes of a slot's value near, which will be needed soon.
    ///
    /// - Parameters:
    ///   - slot: A slot that is or was in use.
    ///   - bytes: Which bytes of the value.
    @inlinable @inline(__always)
    public func prefetch(_ slot: Slot<Element>, _ bytes: Range<Int>) {
        unsafe WireFormat.prefetch(UnsafeRawPointer(pointer(to: slot)), bytes)
    }

    @inlinable
    func pointer(to slot: Slot<Element>) -> UnsafeMutablePointer<Element> {
        unsafe chunks[slot.index &>> 6] + slot.index & 63
    }
}

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

/// Asks the processor to bring bytes near that will be needed soon; they are not looked at.
///
/// With some thousands of connections open, a packet's would come from far: waiting for them took a third of all time.
///
/// - Parameters:
///   - address: Any address.
///   - bytes: Which bytes, counted from there.
@inlinable @inline(__always)
package func prefetch(_ address: UnsafeRawPointer, _ bytes: Range<Int>) {
    // A cache line has 64 bytes, on most machines.
    var offset = bytes.lowerBound & ~63
    while offset < bytes.upperBound {
        unsafe prefetch_line(address + offset)
        offset &+= 64
    }
}
