internal import WireFormat

/// An incomplete datagram.
struct FragmentedDatagram {
    /// What a fragment did to its datagram.
    enum Outcome {
        /// It is new, and more are missing.
        case waits
        /// It was the last one missing.
        case completes
        /// It brought nothing new.
        case repeats
        /// It cannot be of the same datagram as the others.
        case contradicts
    }

    /// A part of the payload; parts do not overlap.
    private struct Part {
        /// Where it belongs in the datagram's payload.
        var range: Range<Int>
        /// Where it lies in `bytes`, as far as it was captured.
        var place: Range<Int>
    }

    let key: DatagramKey
    /// When the first fragment came.
    let firstTime: Timestamp
    /// How many fragments it holds.
    private(set) var fragments: UInt64 = 0
    /// The fixed IP header of the fragment that came first, then payload in order of arrival.
    private var bytes: [UInt8] = []
    /// In the order of the payload.
    private var parts: [Part] = []
    /// How many bytes of the payload the parts cover.
    private var covered = 0
    /// The length of the payload, once the last fragment has told it.
    private var length: Int?
    private var next: UInt8 = 0
    /// Whether fragments contradicted each other, which no further one can mend (RFC 5722 4).
    private(set) var isSpoiled = false

    init(_ fragment: Fragment, from source: Span<UInt8>, at time: Timestamp) {
        key = fragment.key
        firstTime = time
        bytes.reserveCapacity(fragment.header.count &+ fragment.captured.count)
        bytes.append(copying: source.extracting(fragment.header))
    }

    /// What it counts against the bounds: its bytes and, roughly, its overhead.
    var cost: Int { 256 &+ bytes.count &+ 32 &* parts.count }
    /// The number of parts, each from a fragment of its own.
    var partCount: Int { parts.count }

    /// Adds what no other fragment has brought.
    ///
    /// Where fragments overlap, their bytes must agree, and in IPv6 the fragment must be an exact duplicate: then the first
    /// copy stays. Otherwise the receiver's view is unknown. RFC 5722 4 (RFC 8200 4.5) has receivers drop such datagrams,
    /// and current IPv4 receivers do the same.
    mutating func insert(_ fragment: Fragment, from source: Span<UInt8>) -> Outcome {
        let payload = source.extracting(fragment.captured)
        let first = firstPart(endingBehind: fragment.range.lowerBound)
        guard fitsLength(fragment), agrees(fragment, payload, from: first) else { return .contradicts }

        var index = first
        var start = fragment.range.lowerBound
        let end = fragment.range.upperBound
        let before = covered
        while start < end {
            let limit = index < parts.count ? min(end, parts[index].range.lowerBound) : end
            if start < limit {
                insert(start..<limit, of: payload, startingAt: fragment.range.lowerBound, at: index)
                index &+= 1
            }
            guard index < parts.count else { break }
            start = max(start, parts[index].range.upperBound)
            index &+= 1
        }
        if fragment.isLast { length = end }
        if fragment.range.lowerBound == 0 { next = fragment.next }
        guard covered > before else { return .repeats }
        fragments &+= 1
        return covered == length ? .completes : .waits
    }

    /// Drops everything but the key.
    mutating func spoil() {
        isSpoiled = true
        fragments &+= 1
        removeAll()
    }

    /// Drops what it holds.
    mutating func removeAll() {
        bytes = []
        parts = []
    }

    /// The datagram, once complete.
    consuming func completed() -> ReassembledDatagram {
        let header = key.source.isIPv6 ? 40 : 20
        let isInOrder = parts.allSatisfy { $0.place.lowerBound == header &+ $0.range.lowerBound }
        if !isInOrder || parts.dropLast().contains(where: { $0.place.count < $0.range.count }) {
            bytes = inOrder(header)
        }
        return ReassembledDatagram(key: key, next: next, length: header &+ covered, bytes: bytes)
    }

    /// The header, and the payload up to the first byte that was not captured.
    private func inOrder(_ header: Int) -> [UInt8] {
        var ordered: [UInt8] = []
        ordered.reserveCapacity(header &+ covered)
        ordered.append(copying: bytes.span.extracting(..<header))
        for part in parts {
            ordered.append(copying: bytes.span.extracting(part.place))
            if part.place.count < part.range.count { break }
        }
        return ordered
    }

    /// Whether the fragment fits the length of the datagram, as far as that is known.
    private func fitsLength(_ fragment: Fragment) -> Bool {
        let end = fragment.range.upperBound
        if fragment.isLast {
            return length.map { $0 == end } ?? ((parts.last?.range.upperBound ?? 0) <= end)
        }
        return length.map { end < $0 } ?? true
    }

    /// Whether the fragment may overlap the other parts the way it does.
    private func agrees(_ fragment: Fragment, _ payload: Span<UInt8>, from first: Int) -> Bool {
        var index = first
        while index < parts.count, parts[index].range.lowerBound < fragment.range.upperBound {
            let part = parts[index]
            // RFC 8200 4.5: exact duplicates may be accepted, unlike overlaps.
            if key.source.isIPv6, part.range != fragment.range { return false }
            let common = part.range.clamped(to: fragment.range)
            let kept = bytes.span.extracting(part.place)
            let keptIndices = kept.indices(from: common.lowerBound &- part.range.lowerBound, length: common.count)
            let newIndices = payload.indices(
                from: common.lowerBound &- fragment.range.lowerBound, length: common.count)
            guard kept.extracting(keptIndices).startsLike(payload.extracting(newIndices)) else { return false }
            index &+= 1
        }
        return true
    }

    private mutating func insert(
        _ range: Range<Int>, of payload: Span<UInt8>, startingAt start: Int, at index: Int
    ) {
        let new = payload.extracting(payload.indices(from: range.lowerBound &- start, length: range.count))
        parts.insert(Part(range: range, place: bytes.count..<(bytes.count &+ new.count)), at: index)
        bytes.append(copying: new)
        covered &+= range.count
    }

    /// The index of the first part that ends after `offset`.
    private func firstPart(endingBehind offset: Int) -> Int {
        var low = 0
        var high = parts.count
        while low < high {
            let middle = (low &+ high) / 2
            if parts[middle].range.upperBound <= offset { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}
