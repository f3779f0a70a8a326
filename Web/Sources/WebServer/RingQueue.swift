/// A queue with access by place; removing the first takes constant time in the mean.
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

    /// The place of the first element that `matches`, and all after it do; `count` if there is none.
    func firstIndex(where matches: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if matches(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
