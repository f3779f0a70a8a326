/// Values in slots that never move in memory while they live; free slots are reused, the lowest first.
///
/// Arrays of noncopyable values hand them out by moving them in and out, which for the state of a connection costs more
/// than the work on it. Here access is a pointer. The pool is inlinable, since only the modules that use it know the
/// values' types, and therefore public and frozen: if it is `package`, each access looks up metadata, and packets take
/// twice as long.
///
/// Values are allocated in chunks of 64. At most one empty chunk is kept, so what a burst took is given back.
@safe
@frozen
public struct SlotPool<Element: ~Copyable>: ~Copyable {
    /// Chunks of 64 slots each; nil where the memory was given back.
    @usableFromInline
    var chunks: [UnsafeMutablePointer<Element>?] = unsafe []
    /// Which slots of each chunk are in use, bit 0 being the first.
    @usableFromInline
    var uses: [UInt64] = []
    /// All chunks before this one are full, or were given back.
    @usableFromInline
    var firstWithRoom = 0
    /// A chunk without values.
    @usableFromInline
    var spare: Int?
    @usableFromInline
    var chunkCount = 0
    @usableFromInline
    var usedCount = 0

    /// Stored values of ``slotCount`` and ``residentCount``.
    @usableFromInline
    var slotEnd = 0
    @usableFromInline
    var mostUsed = 0

    /// Values that are allocated together: 2 to the 6th.
    @inlinable
    static var chunkSize: Int { 64 }

    /// Creates an empty pool.
    @inlinable
    public init() {}

    deinit {
        // By index: this is not specialised for the element, and a lazy sequence would look up its types at each step.
        for chunk in 0..<uses.count {
            var left = uses[chunk]
            while left != 0 {
                unsafe address(of: Slot(chunk &* Self.chunkSize &+ left.trailingZeroBitCount)).deinitialize(count: 1)
                left &= left &- 1
            }
            unsafe chunks[chunk]?.deallocate()
        }
    }

    /// How many slots have ever been in use: those below this number.
    @inlinable
    public var slotCount: Int { slotEnd }

    /// How many values there have been at once, not counting those whose memory was given back.
    @inlinable
    public var residentCount: Int { mostUsed }

    /// The slots that are or were in use, in order.
    @inlinable
    public var slots: LazyMapSequence<Range<Int>, Slot<Element>> { (0..<slotCount).lazy.map { Slot($0) } }

    /// Whether the slot holds a value.
    @inlinable @inline(__always)
    public func isUsed(_ slot: Slot<Element>) -> Bool { uses[slot.index &>> 6] &>> UInt64(slot.index & 63) & 1 == 1 }

    /// Whether a value can be put in without allocating memory.
    @inlinable
    public var hasFreeSlot: Bool { usedCount < chunkCount &* Self.chunkSize }

    /// The bytes of the slots that are allocated at a time.
    @inlinable
    public static var chunkByteCount: Int { chunkSize &* MemoryLayout<Element>.stride }

    /// The bytes of all slots for which there is memory, used and free.
    @inlinable
    public var byteCount: Int { chunkCount &* Self.chunkByteCount }

    /// Puts a value in and returns its slot.
    @inlinable
    public mutating func insert(_ element: consuming Element) -> Slot<Element> {
        let slot = takeSlot()
        unsafe address(of: slot).initialize(to: element)
        return slot
    }

    /// Ends the value in a slot that is in use.
    @inlinable
    public mutating func remove(_ slot: Slot<Element>) {
        precondition(isUsed(slot))
        unsafe address(of: slot).deinitialize(count: 1)
        giveBack(slot)
    }

    /// The value in a slot that is in use.
    @inlinable
    public subscript(slot: Slot<Element>) -> Element {
        unsafeAddress {
            assert(isUsed(slot))
            return unsafe UnsafePointer(address(of: slot))
        }
        unsafeMutableAddress {
            assert(isUsed(slot))
            return unsafe address(of: slot)
        }
    }

    /// Prefetches bytes of a slot's value that will be needed soon.
    ///
    /// - Parameters:
    ///   - slot: A slot that is in use.
    ///   - bytes: Which bytes of the value.
    @inlinable @inline(__always)
    public func prefetch(_ slot: Slot<Element>, _ bytes: Range<Int>) {
        unsafe WireFormat.prefetch(UnsafeRawPointer(address(of: slot)), bytes)
    }

    /// The address of the value in a slot that is in use, valid until the value ends.
    @inlinable
    public func address(of slot: Slot<Element>) -> UnsafeMutablePointer<Element> {
        unsafe chunks[slot.index &>> 6].unsafelyUnwrapped + slot.index & 63
    }

    // MARK: Slots

    /// Takes the lowest free slot that has memory, or else allocates more.
    @inlinable
    mutating func takeSlot() -> Slot<Element> {
        let chunk = hasFreeSlot ? nextWithRoom() : addChunk()
        firstWithRoom = chunk
        if spare == chunk { spare = nil }
        let place = (~uses[chunk]).trailingZeroBitCount
        uses[chunk] |= 1 &<< UInt64(place)
        let index = chunk &* Self.chunkSize &+ place
        usedCount &+= 1
        mostUsed = max(mostUsed, usedCount)
        slotEnd = max(slotEnd, index &+ 1)
        return Slot(index)
    }

    @inlinable
    func nextWithRoom() -> Int {
        var chunk = firstWithRoom
        while unsafe uses[chunk] == .max || chunks[chunk] == nil { chunk &+= 1 }
        return chunk
    }

    @inlinable
    mutating func addChunk() -> Int {
        let bytes = MemoryLayout<Element>.stride &* Self.chunkSize
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        let chunk = unsafe memory.bindMemory(to: Element.self, capacity: Self.chunkSize)
        chunkCount &+= 1
        // Reuses the place of a chunk that was given back; appends if there is none.
        guard chunkCount <= uses.count, let index = unsafe chunks.firstIndex(where: { unsafe $0 == nil }) else {
            unsafe chunks.append(chunk)
            uses.append(0)
            return uses.count &- 1
        }
        unsafe chunks[index] = chunk
        return index
    }

    /// Frees a slot without a value, and its chunk if that is empty and another empty one is spare.
    @inlinable
    mutating func giveBack(_ slot: Slot<Element>) {
        let chunk = slot.index &>> 6
        uses[chunk] &= ~(1 &<< UInt64(slot.index & 63))
        usedCount &-= 1
        firstWithRoom = min(firstWithRoom, chunk)
        guard uses[chunk] == 0 else { return }
        guard let other = spare else {
            spare = chunk
            return
        }
        spare = min(chunk, other)
        let last = max(chunk, other)
        unsafe chunks[last]?.deallocate()
        unsafe chunks[last] = nil
        chunkCount &-= 1
        mostUsed = max(usedCount, mostUsed &- Self.chunkSize)
    }
}
