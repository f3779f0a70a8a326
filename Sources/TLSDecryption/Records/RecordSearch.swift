import WireFormat

/// Searches for a record after bytes that were lost and hide where it begins.
///
/// Every place that looks like a header is tried, those at the start of a segment first: whether it is one, the
/// record's tag proves.
final class RecordSearch {
    /// Bytes that came together.
    struct Part {
        /// Where they begin in ``RecordSearch/bytes``.
        var start: Int
        var place: RecordPlace
    }

    private(set) var bytes: [UInt8] = []
    private(set) var parts: [Part] = []
    /// A place that looks like a header and is still to be tried.
    private struct Candidate {
        var start: Int
        /// Whether a part begins there.
        var isPartStart: Bool
    }

    private var candidates: [Candidate] = []
    /// The most bytes and parts that there were.
    private var largest = (bytes: 0, parts: 0)
    private var scanned = 0
    /// Bytes of the carrying stream from the last record's end to the first byte here; nil if not known.
    private(set) var lost: UInt64?
    /// What was given up here, in bytes.
    private(set) var dropped = 0

    /// Bytes that are kept: three of the longest records.
    private static let limit = 3 * (RecordHeader.longest + RecordHeader.size)
    /// Bytes in which no record was found, after which the search ends.
    static let patience = 1 << 20
    private static let candidateLimit = 256
    private static let partLimit = 4096

    init(lost: UInt64?) {
        self.lost = lost
    }

    /// The bytes that it takes at most.
    var cost: Int { 2 &* (largest.bytes &+ largest.parts &* 64) &+ Self.candidateLimit &* 16 }

    /// More bytes are lost; what is here is separate from what follows.
    func skip(_ length: UInt64?) {
        let kept = UInt64(bytes.count)
        lost = lost.flatMap { lost in length.map { lost &+ kept &+ $0 } }
        dropped &+= bytes.count
        removeAll()
    }

    /// Adds bytes.
    func append(_ new: Span<UInt8>, at place: RecordPlace) {
        if parts.count < Self.partLimit {
            parts.append(Part(start: bytes.count, place: place))
        } else {
            let last = parts.count &- 1
            let start = parts[last].place.carrier.lowerBound
            parts[last].place.origin = place.origin
            parts[last].place.carrier = start..<max(place.carrier.upperBound, start)
        }
        bytes.append(copying: new)
        largest = (max(largest.bytes, bytes.count), max(largest.parts, parts.count))
        while scanned &+ RecordHeader.size <= bytes.count {
            if bytes[scanned &+ 1] == 3, candidates.count < Self.candidateLimit, header(at: scanned) != nil {
                candidates.append(Candidate(start: scanned, isPartStart: isPartStart(scanned)))
            }
            scanned &+= 1
        }
        if bytes.count > Self.limit { trim() }
    }

    /// The next place to try whose record is complete; each comes once.
    func next() -> (start: Int, header: RecordHeader)? {
        let complete = candidates.indices.filter { isComplete(candidates[$0].start) }
        guard let best = complete.first(where: { candidates[$0].isPartStart }) ?? complete.first else { return nil }
        let start = candidates.remove(at: best).start
        return header(at: start).map { (start, $0) }
    }

    /// What follows the header at a place.
    func payload(at start: Int, _ header: RecordHeader) -> [UInt8] {
        Array(bytes[(start &+ RecordHeader.size)..<(start &+ RecordHeader.size &+ header.length)])
    }

    /// Some bytes before a place, at most 64.
    func preceding(_ start: Int) -> [UInt8] { Array(bytes[max(0, start &- 64)..<start]) }

    /// The bytes from a place on, in the parts in which they came.
    func rest(from start: Int) -> [(bytes: [UInt8], place: RecordPlace)] {
        var rest: [(bytes: [UInt8], place: RecordPlace)] = []
        for (index, part) in parts.enumerated() {
            let end = index &+ 1 < parts.count ? parts[index &+ 1].start : bytes.count
            guard end > start else { continue }
            let first = max(start, part.start)
            var place = part.place
            place.carrier = part.place.part((first &- part.start)..<(end &- part.start), outOf: end &- part.start)
            rest.append((Array(bytes[first..<end]), place))
        }
        return rest
    }

    private func header(at start: Int) -> RecordHeader? {
        let bytes = bytes
        guard let header = RecordHeader(bytes.span.extracting(start..<(start &+ RecordHeader.size))),
            header.type != .changeCipherSpec, header.length > 8
        else { return nil }
        return header
    }

    /// Whether a part begins at a place, which is one of the last few.
    private func isPartStart(_ start: Int) -> Bool {
        for part in parts.reversed() {
            if part.start == start { return true }
            if part.start < start { return false }
        }
        return false
    }

    /// Whether all bytes of a record are there.
    private func isComplete(_ start: Int) -> Bool {
        guard let header = header(at: start) else { return false }
        return start &+ RecordHeader.size &+ header.length <= bytes.count
    }

    /// Drops what no record can begin in any more that is still to be completed.
    private func trim() {
        let count = bytes.count &- (RecordHeader.longest &+ RecordHeader.size)
        guard count > 0 else { return }
        bytes.removeFirst(count)
        candidates = candidates.compactMap {
            $0.start >= count ? Candidate(start: $0.start &- count, isPartStart: $0.isPartStart) : nil
        }
        scanned = max(0, scanned &- count)
        dropped &+= count
        lost = lost.map { $0 &+ UInt64(count) }
        var kept: [Part] = []
        for (index, part) in parts.enumerated() {
            let end = index &+ 1 < parts.count ? parts[index &+ 1].start : bytes.count &+ count
            guard end > count else { continue }
            var part = part
            let length = end &- part.start
            let cut = max(0, count &- part.start)
            part.place.carrier = part.place.part(cut..<length, outOf: length)
            part.start = max(0, part.start &- count)
            kept.append(part)
        }
        parts = kept
    }

    private func removeAll() {
        bytes = []
        parts = []
        candidates = []
        largest = (0, 0)
        scanned = 0
    }
}
