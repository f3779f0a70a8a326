import DequeModule
import WireFormat

/// The bytes of one stream that wait, in order and without overlap: the first copy of a byte stays.
struct HeldSegments: ~Copyable {
    private var segments = Deque<HeldSegment>()
    /// What they count against the bounds, in bytes.
    private(set) var cost = 0
    /// How many of them are doubtful.
    private(set) var doubtfulCount: UInt32 = 0

    var isEmpty: Bool { cost == 0 }
    var count: Int { segments.count }
    var first: HeldSegment? { segments.first }
    /// Where the first one begins.
    var firstOffset: UInt64? { segments.first?.offset }
    /// Where the last one ends.
    var end: UInt64? { segments.last?.end }

    /// Takes the first one out.
    mutating func popFirst() -> HeldSegment? {
        guard let first = segments.popFirst() else { return nil }
        cost &-= first.cost
        if first.isDoubtful { doubtfulCount &-= 1 }
        return first
    }

    /// Puts one in front of all others, which must begin behind it.
    mutating func prepend(_ segment: HeldSegment) {
        cost &+= segment.cost
        if segment.isDoubtful { doubtfulCount &+= 1 }
        segments.prepend(segment)
    }

    /// Doubts none of them any more.
    mutating func believe() {
        for index in segments.indices { segments[index].isDoubtful = false }
        doubtfulCount = 0
    }

    /// Drops everything.
    mutating func removeAll() {
        segments = Deque()
        cost = 0
        doubtfulCount = 0
    }

    /// Puts in those of the bytes from `offset` on that no other segment holds.
    ///
    /// - Parameters:
    ///   - bytes: The captured bytes.
    ///   - missing: How many more were on the wire.
    ///   - offset: Where they begin in the stream.
    ///   - origin: The packet that brought them.
    ///   - isDoubtful: Whether they are doubtful.
    /// - Returns: Where the first byte is that another segment holds with another value.
    mutating func insert(
        _ bytes: Span<UInt8>, missing: UInt64, at offset: UInt64, origin: Origin, isDoubtful: Bool
    ) -> UInt64? {
        let end = offset &+ UInt64(bytes.count) &+ missing
        var start = offset
        var index = firstIndex(endingBehind: offset)
        var conflict: UInt64?
        while start < end {
            let limit = index < segments.count ? min(end, segments[index].offset) : end
            if start < limit {
                insert(bytes, from: offset, range: start..<limit, at: index, origin: origin, isDoubtful: isDoubtful)
                index &+= 1
            }
            guard index < segments.count else { break }
            if conflict == nil { conflict = segments[index].conflict(with: bytes, at: offset) }
            start = max(start, segments[index].end)
            index &+= 1
        }
        return conflict
    }

    /// Takes those of the bytes from `start` to `end` out that are doubtful, to make room for others.
    ///
    /// - Parameters:
    ///   - start: Where the others begin.
    ///   - end: Where they end, cut bytes included.
    ///   - bytes: Those of them that were captured.
    /// - Returns: Whether a byte of those taken out has another value.
    mutating func displaceDoubtful(from start: UInt64, to end: UInt64, by bytes: Span<UInt8>) -> Bool {
        var isConflict = false
        var index = firstIndex(endingBehind: start)
        while index < segments.count, segments[index].offset < end {
            guard segments[index].isDoubtful else {
                index &+= 1
                continue
            }
            let segment = segments.remove(at: index)
            cost &-= segment.cost
            doubtfulCount &-= 1
            isConflict = isConflict || segment.conflict(with: bytes, at: start) != nil
            for rest in [segment.part(to: start), segment.part(from: end)] {
                guard let rest else { continue }
                cost &+= rest.cost
                doubtfulCount &+= 1
                segments.insert(rest, at: index)
                index &+= 1
            }
        }
        return isConflict
    }

    private mutating func insert(
        _ bytes: Span<UInt8>, from offset: UInt64, range: Range<UInt64>, at index: Int, origin: Origin, isDoubtful: Bool
    ) {
        let captured = UInt64(bytes.count)
        let lower = min(range.lowerBound &- offset, captured)
        let upper = min(range.upperBound &- offset, captured)
        let copy = bytes.extracting(Int(lower)..<Int(upper))
        let segment = HeldSegment(
            offset: range.lowerBound,
            bytes: ArraySlice(copying: copy),
            missing: range.upperBound &- range.lowerBound &- (upper &- lower), origin: origin, isDoubtful: isDoubtful)
        cost &+= segment.cost
        if isDoubtful { doubtfulCount &+= 1 }
        segments.insert(segment, at: index)
    }

    /// The index of the first segment that ends behind `offset`.
    private func firstIndex(endingBehind offset: UInt64) -> Int {
        if let last = segments.last, last.end <= offset { return segments.count }
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low &+ high) / 2
            if segments[middle].end <= offset { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}

extension ArraySlice<UInt8> {
    /// Copies borrowed bytes.
    package init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe ArraySlice($0) }
    }
}
