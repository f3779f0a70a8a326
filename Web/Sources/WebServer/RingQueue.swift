/// A queue with access by index; removing the first element takes amortized constant time.
struct RingQueue<Element> {
    private var elements: [Element?] = []
    private var start = 0

    var count: Int { elements.count - start }
    var first: Element? { count > 0 ? self[0] : nil }

    subscript(place: Int) -> Element {
        guard let element = elements[start + place] else { preconditionFailure("removed") }
        return element
    }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func removeFirst() -> Element? {
        guard count > 0 else { return nil }
        defer {
            elements[start] = nil
            start += 1
            if start > 64, start * 2 > elements.count {
                elements.removeFirst(start)
                start = 0
            }
        }
        return elements[start]
    }

    /// The index of the first element that `matches`, `count` if there is none; all elements after it must match too.
    func firstIndex(where matches: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if matches(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
