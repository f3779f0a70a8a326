import WireFormat

/// The sources of a merged capture in a binary heap, ordered by the time of their next packets.
///
/// Sources with equal times keep their own order.
struct MergeQueue {
    private struct Entry {
        var time: Timestamp
        var source: Int

        func precedes(_ other: Entry) -> Bool {
            time == other.time ? source < other.source : time < other.time
        }
    }

    private var heap: [Entry] = []

    /// The source with the earliest next packet; nil if there are none.
    var first: Int? { heap.first?.source }

    /// The time of the next packet of the second source; nil if there is none.
    var secondTime: Timestamp? {
        switch heap.count {
        case 0, 1: nil
        case 2: heap[1].time
        default: min(heap[1].time, heap[2].time)
        }
    }

    /// How many sources are left.
    var count: Int { heap.count }

    /// Adds a source whose next packet has this time.
    mutating func insert(_ source: Int, time: Timestamp) {
        var child = heap.count
        heap.append(Entry(time: time, source: source))
        while child > 0, case let parent = (child - 1) / 2, heap[child].precedes(heap[parent]) {
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Moves the first source to where its next packet, at `time`, belongs; returns the new first source.
    mutating func replaceFirst(time: Timestamp) -> Int {
        heap[0].time = time
        siftDown()
        return heap[0].source
    }

    /// Removes the first source.
    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown()
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var earliest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].precedes(heap[earliest]) {
                earliest = child
            }
            guard earliest != parent else { return }
            heap.swapAt(parent, earliest)
            parent = earliest
        }
    }
}
