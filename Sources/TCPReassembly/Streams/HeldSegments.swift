import DequeModule
import WireFormat

/// The waiting bytes of one stream, in order and without overlap: of several copies of a byte, the one that Linux
/// keeps.
struct HeldSegments: ~Copyable {
    private var segments = Deque<HeldSegment>()
    /// What the segments count against the bounds, in bytes.
    private(set) var cost = 0
    /// The number of doubtful segments.
    private(set) var doubtfulCount: UInt32 = 0
    /// The most segments since the queue was last reallocated: it never shrinks by itself.
    private var largestCount: UInt32 = 0

    var isEmpty: Bool { cost == 0 }
    var count: Int { segments.count }
    var first: HeldSegment? { segments.first }
    /// Where the first segment begins.
    var firstOffset: UInt64? { segments.first?.offset }
    /// Where the last segment ends.
    var end: UInt64? { segments.last?.end }

    /// The first segments, at most `limit`.
    func prefix(_ limit: Int) -> [HeldSegment] { Array(segments.prefix(limit)) }

    /// Whether a segment ends with the byte at `offset`.
    func hasByte(alone offset: UInt64) -> Bool {
        let index = firstIndex(endingBehind: offset)
        return index < segments.count && segments[index].offset <= offset && segments[index].end == offset &+ 1
    }

    /// Removes the first segment.
    mutating func popFirst() -> HeldSegment? {
        guard let first = segments.popFirst() else { return nil }
        cost &-= first.cost
        if first.isDoubtful { doubtfulCount &-= 1 }
        if largestCount > 32, segments.count < largestCount / 4 {
            segments = Deque(segments)
            largestCount = UInt32(segments.count)
        }
        return first
    }

    /// Inserts a segment before all others, which must start after it.
    mutating func prepend(_ segment: HeldSegment) {
        insert(segment, at: 0)
    }

    /// Counts offsets from another start, `distance` bytes after the current one (before it if negative), and drops
    /// bytes before it or farther after it than any window reaches.
    ///
    /// - Returns: Why the dropped bytes were doubtful.
    mutating func rebase(by distance: Int64) -> SegmentDoubt {
        var dropped = SegmentDoubt()
        var kept: [HeldSegment] = []
        for segment in segments {
            let start = UInt64(max(0, distance))
            guard segment.end > start, Int64(clamping: segment.end) &- distance <= Int64(ReceiveWindow.limit),
                var rest = segment.offset < start ? segment.part(from: start) : segment
            else {
                dropped.formUnion(segment.doubt)
                continue
            }
            rest.offset = UInt64(Int64(rest.offset) &- distance)
            rest.queueStart = rest.offset
            kept.append(rest)
        }
        replace(0..<segments.count, with: kept)
        return dropped
    }

    /// Accepts segments that are doubtful for these reasons alone.
    mutating func believe(_ doubt: SegmentDoubt) {
        for index in segments.indices where segments[index].isDoubtful {
            segments[index].doubt.subtract(doubt)
            if !segments[index].isDoubtful { doubtfulCount &-= 1 }
        }
    }

    /// Drops everything.
    ///
    /// - Returns: Why the dropped bytes were doubtful.
    @discardableResult
    mutating func removeAll() -> SegmentDoubt {
        let doubt = doubtfulCount > 0 ? segments.reduce(into: SegmentDoubt()) { $0.formUnion($1.doubt) } : []
        segments = Deque()
        largestCount = 0
        cost = 0
        doubtfulCount = 0
        return doubt
    }

    /// Inserts the bytes from `offset` on, as far as the receiver keeps them.
    ///
    /// If copies of a waiting byte differ, Linux keeps that of the segment that begins earlier. If both begin at the
    /// same byte, the longer one stays; of two of the same length, the first. Segments that follow each other without a
    /// hole become one.
    ///
    /// - Parameters:
    ///   - bytes: The captured bytes.
    ///   - missing: The number of further bytes on the wire.
    ///   - offset: Their offset in the stream.
    ///   - context: Their segment.
    ///   - yields: Whether the waiting bytes always win.
    /// - Returns: The offset of the first byte that another segment holds with another value, and whether any of the
    ///   bytes were new.
    mutating func insert(
        _ bytes: Span<UInt8>, missing: UInt64, at offset: UInt64, context: SegmentContext, yields: Bool
    ) -> (conflict: UInt64?, isNew: Bool) {
        let end = offset &+ UInt64(bytes.count) &+ missing
        guard offset < end else { return (nil, false) }
        var index = firstIndex(endingBehind: offset)
        let queueStart = yields ? 0 : self.queueStart(of: offset, at: index, isDoubtful: !context.doubt.isEmpty)
        // Most segments fall into a hole.
        guard index < segments.count, segments[index].offset < end else {
            insert(part(of: bytes, from: offset, range: offset..<end, context, queueStart), at: index)
            return (nil, true)
        }
        let keeping = yields || !isLongest(from: offset, to: end, at: index) ? queueStart &+ 1 : queueStart
        var start = offset
        var conflict: UInt64?
        var isNew = false
        // What replaces the segments from the first changed one on, and the part of the new bytes that comes last in
        // it.
        var changes: (first: Int, segments: [HeldSegment])?
        var taken: Range<UInt64>?
        func flush() {
            guard let range = taken else { return }
            changes?.segments.append(part(of: bytes, from: offset, range: range, context, queueStart))
            taken = nil
        }
        func take(_ range: Range<UInt64>, at index: Int) {
            if changes == nil { changes = (index, []) }
            taken = (taken?.lowerBound ?? range.lowerBound)..<range.upperBound
        }
        while start < end {
            let limit = index < segments.count ? min(end, segments[index].offset) : end
            if start < limit {
                take(start..<limit, at: index)
                isNew = true
                start = limit
            }
            guard start < end, index < segments.count else { break }
            if conflict == nil { conflict = segments[index].conflict(with: bytes, at: offset) }
            let heldEnd = segments[index].end
            if !yields, !segments[index].isDoubtful, segments[index].queueStart >= keeping {
                take(start..<min(heldEnd, end), at: index)
                if let rest = segments[index].part(from: end) {
                    flush()
                    changes?.segments.append(rest)
                }
            } else if changes != nil {
                flush()
                changes?.segments.append(segments[index])
            }
            start = max(start, heldEnd)
            index &+= 1
        }
        flush()
        if let changes { replace(changes.first..<index, with: changes.segments) }
        return (conflict, isNew)
    }

    /// Replaces a run of segments in one step, however many there are.
    private mutating func replace(_ range: Range<Int>, with others: [HeldSegment]) {
        for index in range {
            cost &-= segments[index].cost
            if segments[index].isDoubtful { doubtfulCount &-= 1 }
        }
        for segment in others {
            cost &+= segment.cost
            if segment.isDoubtful { doubtfulCount &+= 1 }
        }
        segments.replaceSubrange(range, with: others)
        largestCount = max(largestCount, UInt32(segments.count))
    }

    private mutating func insert(_ segment: HeldSegment, at index: Int) {
        cost &+= segment.cost
        if segment.isDoubtful { doubtfulCount &+= 1 }
        segments.insert(segment, at: index)
        largestCount = max(largestCount, UInt32(segments.count))
    }

    /// Where the receiver's queued segment begins that a segment at `offset` becomes part of.
    private func queueStart(of offset: UInt64, at index: Int, isDoubtful: Bool) -> UInt64 {
        let isCovered = index < segments.count && segments[index].offset <= offset
        guard !isCovered, index > 0, segments[index &- 1].end == offset,
            segments[index &- 1].isDoubtful == isDoubtful
        else { return offset }
        return segments[index &- 1].queueStart
    }

    /// Whether a segment extends beyond those that begin at the same byte, if there are any.
    private func isLongest(from offset: UInt64, to end: UInt64, at index: Int) -> Bool {
        var last: UInt64?
        for place in index..<segments.count {
            guard segments[place].queueStart <= offset else { break }
            if segments[place].queueStart == offset { last = segments[place].end }
        }
        return last.map { end > $0 } ?? true
    }

    /// Removes the doubtful bytes from `start` to `end`, to make room for others.
    ///
    /// - Parameters:
    ///   - start: The offset of the others.
    ///   - end: Their end, cut bytes included.
    ///   - bytes: Their captured bytes.
    /// - Returns: Why the removed bytes that had another value were doubtful.
    mutating func replaceDoubtful(from start: UInt64, to end: UInt64, by bytes: Span<UInt8>) -> SegmentDoubt {
        var doubt = SegmentDoubt()
        let first = firstIndex(endingBehind: start)
        var index = first
        var kept: [HeldSegment] = []
        while index < segments.count, segments[index].offset < end {
            let segment = segments[index]
            index &+= 1
            guard segment.isDoubtful else {
                kept.append(segment)
                continue
            }
            if segment.conflict(with: bytes, at: start) != nil { doubt.formUnion(segment.doubt) }
            if let rest = segment.part(to: start) { kept.append(rest) }
            if let rest = segment.part(from: end) { kept.append(rest) }
        }
        replace(first..<index, with: kept)
        return doubt
    }

    /// Removes bytes whose segments the receiver has certainly ignored: those of doubtful segments that neither the
    /// capture nor the route explains, and of all doubtful segments behind a RST.
    ///
    /// - Parameter refused: The offset of the RST; nil if there is none.
    /// - Returns: Why it ignored them.
    mutating func removeRejected(from refused: UInt64?) -> SegmentDoubt {
        var doubt = SegmentDoubt()
        guard doubtfulCount > 0 else { return doubt }
        var kept = Deque<HeldSegment>()
        for segment in segments {
            let isRefused = segment.offset >= refused ?? .max
            let reasons = isRefused ? segment.doubt : segment.doubt.intersection(.certain)
            if reasons.isEmpty {
                kept.append(segment)
            } else {
                doubt.formUnion(reasons)
                cost &-= segment.cost
                doubtfulCount &-= 1
            }
        }
        segments = kept
        return doubt
    }

    /// The part of new bytes in `range`; their first byte is at `offset`.
    private func part(
        of bytes: Span<UInt8>, from offset: UInt64, range: Range<UInt64>, _ context: SegmentContext,
        _ queueStart: UInt64
    ) -> HeldSegment {
        let captured = UInt64(bytes.count)
        let lower = min(range.lowerBound &- offset, captured)
        let upper = min(range.upperBound &- offset, captured)
        let copy = bytes.extracting(Int(lower)..<Int(upper))
        return HeldSegment(
            offset: range.lowerBound,
            bytes: ArraySlice(copying: copy),
            missing: range.upperBound &- range.lowerBound &- (upper &- lower), origin: context.origin,
            doubt: context.doubt, queueStart: queueStart, identification: context.identification,
            acknowledgment: context.acknowledgment)
    }

    /// The index of the first segment that ends after `offset`.
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
