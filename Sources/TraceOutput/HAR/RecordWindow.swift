/// Sorts records by their keys; equal ones keep their order.
///
/// It looks ahead over at most ``maximumCount`` records: one that comes later than that follows those already taken.
struct RecordWindow {
    /// Where a record's text is in the spool.
    struct Place {
        var key: UInt64
        /// The record's number.
        var ordinal: UInt64
        var offset: UInt64
        var length: Int

        fileprivate static func < (left: Place, right: Place) -> Bool {
            (left.key, left.ordinal) < (right.key, right.ordinal)
        }
    }

    /// The most records to look ahead.
    static let maximumCount = 1 << 16

    /// A binary heap, the first record on top.
    private var heap: [Place] = []

    /// Whether there is room for more.
    var hasRoom: Bool { heap.count < Self.maximumCount }

    /// Adds a record.
    mutating func insert(_ place: Place) {
        heap.append(place)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Removes the first record; nil if there is none.
    mutating func removeFirst() -> Place? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return first }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
