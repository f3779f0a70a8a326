import WireFormat

/// The sources of a merged capture in a binary heap, the one whose next packet is earliest first.
///
/// Equal times are ordered by the sources' own order.
struct MergeQueue {
    private struct Entry {
        var time: Timestamp
        var source: Int

        func precedes(_ other: Entry) -> Bool {
            time == other.time ? source < other.source : time < other.time
        }
    }

    private var heap: [Entry] = []

    /// The source that comes first; nil when there is none.
    var first: Int? { heap.first?.source }

    /// When the next packet of the source that comes second was captured; nil where there is none.
    var secondTime: Timestamp? {
        switch heap.count {
        case 0, 1: nil
        case 2: heap[1].time
        default: min(heap[1].time, heap[2].time)
        }
    }

    /// How many sources are left.
    var count: Int { heap.count }

    /// Adds a source whose next packet is of `time`.
    mutating func insert(_ source: Int, time: Timestamp) {
        var child = heap.count
        heap.append(Entry(time: time, source: source))
        while child > 0, case let parent = (child - 1) / 2, heap[child].precedes(heap[parent]) {
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Puts the first source where `time`, that of its next packet, belongs; returns which is first then.
    mutating func replaceFirst(time: Timestamp) -> Int {
        heap[0].time = time
        siftDown()
        return heap[0].source
    }

    /// Takes the first source out.
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
