import BasicContainers

/// Values in slots that are used again when they are free.
struct Pool<Element: ~Copyable>: ~Copyable {
    private var elements = UniqueArray<Element?>()
    private var freeSlots: [Int] = []

    /// Puts a value in and returns its slot.
    mutating func insert(_ element: consuming Element) -> Int {
        if let slot = freeSlots.popLast() {
            elements[slot] = consume element
            return slot
        }
        elements.append(consume element)
        return elements.count &- 1
    }

    /// Frees a slot that is in use.
    mutating func remove(_ slot: Int) {
        elements[slot] = nil
        freeSlots.append(slot)
    }

    /// The value in a slot that is in use.
    subscript(slot: Int) -> Element {
        _read { yield elements[slot]! }
        _modify { yield &elements[slot]! }
    }
}
