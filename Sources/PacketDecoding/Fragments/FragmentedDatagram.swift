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
        /// Parts that came in order, each at the end of the last, share a number.
        var run: Int
    }

    let key: DatagramKey
    /// When the first fragment came.
    let firstTime: Timestamp
    /// How many fragments it holds.
    private(set) var fragments: UInt64 = 0
    /// How often completing it with parts of an earlier datagram was tried.
    var attempts = 0
    /// The path of the first fragment, and whether another fragment took another path.
    private let way: PacketWay
    private var isMixed = false
    /// Where the fixed IP header of the first fragment lies in `bytes`, after the bytes that preceded it.
    private let header: Range<Int>
    /// Both of these, then payload in order of arrival.
    private var bytes: [UInt8] = []
    /// In the order of the payload.
    private var parts: [Part] = []
    /// How many bytes of the payload the parts cover.
    private var covered = 0
    /// The length of the payload, once the last fragment has given it.
    private var length: Int?
    private var runs = 0
    private var next: UInt8 = 0
    /// The congestion marks of its fragments (RFC 3168 5), one bit for each of the four values.
    private var congestion: UInt8 = 0
    /// Whether there were too many fragments; no further one can repair that.
    private(set) var isSpoiled = false

    init(_ fragment: Fragment, from source: Span<UInt8>, at time: Timestamp) {
        key = fragment.key
        firstTime = time
        way = fragment.way
        let start = min(fragment.header.lowerBound, Self.farStart)
        header = start..<start &+ fragment.header.count
        bytes.reserveCapacity(header.upperBound &+ fragment.captured.count)
        bytes.append(copying: source.extracting(first: start))
        bytes.append(copying: source.extracting(fragment.header))
    }

    /// The most bytes kept of what precedes the IP header, which shows the datagram's path.
    private static let farStart = 254
    /// Where the IP header begins if the fragments took several paths, since the datagram took none of them.
    private static let mixedStart = 255

    /// What it counts against the bounds: its bytes and, roughly, its overhead.
    var cost: Int { 256 &+ bytes.count &+ 40 &* parts.count }
    /// The number of parts, each from a fragment of its own.
    var partCount: Int { parts.count }

    /// Adds what no other fragment has brought.
    ///
    /// Overlaps follow Linux (inet_frag_queue_insert): a fragment inside others that came in order is ignored, whatever
    /// its bytes. Any other overlap drops all of them (RFC 5722 4), and what follows begins another datagram.
    mutating func insert(_ fragment: Fragment, from source: Span<UInt8>) -> Outcome {
        let payload = source.extracting(fragment.captured)
        guard fitsLength(fragment) else { return .contradicts }
        let (start, end) = (fragment.range.lowerBound, fragment.range.upperBound)
        let index = firstPart(endingBehind: start)
        if index < parts.count, parts[index].range.lowerBound < end {
            return isInsideRun(fragment.range, from: index) ? .repeats : .contradicts
        }
        let marks = congestion | 1 &<< Self.congestionMark(source.extracting(fragment.header), key.source.isIPv6)
        let isComplete = covered &+ fragment.range.count == (fragment.isLast ? end : length)
        // RFC 3168 5.3: a host drops a complete datagram whose fragments differ in whether they use ECN.
        guard !isComplete || marks & 1 == 0 || marks == 1 else { return .contradicts }
        congestion = marks
        if fragment.way != way { isMixed = true }
        let run: Int
        if index == parts.count, let last = parts.last, last.range.upperBound == start {
            run = last.run
        } else {
            runs &+= 1
            run = runs
        }
        let place = bytes.count..<(bytes.count &+ payload.count)
        parts.insert(Part(range: fragment.range, place: place, run: run), at: index)
        bytes.append(copying: payload)
        covered &+= fragment.range.count
        lowerHopLimit(to: source.extracting(fragment.header))
        if fragment.isLast { length = end }
        if start == 0 { next = fragment.next }
        fragments &+= 1
        return isComplete ? .completes : .waits
    }

    /// The two congestion bits of an IP header (RFC 3168 5); 0 if they were not captured.
    private static func congestionMark(_ header: Span<UInt8>, _ isIPv6: Bool) -> UInt8 {
        guard header.count > 1 else { return 0 }
        return (isIPv6 ? header[1] &>> 4 : header[1]) & 3
    }

    /// Whether parts that came in order, from the one at `index` on, cover a range.
    private func isInsideRun(_ range: Range<Int>, from index: Int) -> Bool {
        guard range.upperBound <= parts[parts.count &- 1].range.upperBound,
            parts[index].range.lowerBound <= range.lowerBound
        else { return false }
        var last = index
        while parts[last].range.upperBound < range.upperBound {
            last &+= 1
            guard last < parts.count, parts[last].run == parts[index].run else { return false }
        }
        return true
    }

    /// Keeps the lowest hop limit: a datagram arrives only if all of its fragments do.
    private mutating func lowerHopLimit(to header: Span<UInt8>) {
        let place = key.source.isIPv6 ? 7 : 8
        let own = self.header.lowerBound
        guard header.count > place, bytes.count > own &+ place, header[place] < bytes[own &+ place] else { return }
        if !key.source.isIPv6 {
            // Updates the checksum (RFC 1624 3).
            let change = UInt32(bytes[own &+ 8] &- header[8]) &<< 8
            let sum = UInt32(bytes[own &+ 10]) &<< 8 | UInt32(bytes[own &+ 11])
            let new = sum &+ change
            let folded = new & 0xffff &+ new &>> 16
            bytes[own &+ 10] = UInt8(truncatingIfNeeded: folded &>> 8)
            bytes[own &+ 11] = UInt8(truncatingIfNeeded: folded)
        }
        bytes[own &+ place] = header[place]
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
        let isInOrder = parts.allSatisfy { $0.place.lowerBound == header.upperBound &+ $0.range.lowerBound }
        if !isInOrder || parts.dropLast().contains(where: { $0.place.count < $0.range.count }) {
            bytes = inOrder()
        }
        // The fragment header is left out, and so is what precedes it.
        if key.source.isIPv6, bytes.count > header.lowerBound &+ 6 { bytes[header.lowerBound &+ 6] = next }
        let start = isMixed ? Self.mixedStart : header.lowerBound
        bytes.insert(contentsOf: repeatElement(0, count: start &- header.lowerBound), at: 0)
        let place = start..<start &+ header.count
        return ReassembledDatagram(
            key: key, next: next, way: way, header: place, length: place.upperBound &+ covered, bytes: bytes)
    }

    /// The header, and the payload up to the first byte that was not captured.
    private func inOrder() -> [UInt8] {
        var ordered: [UInt8] = []
        ordered.reserveCapacity(header.upperBound &+ covered)
        ordered.append(copying: bytes.span.extracting(..<header.upperBound))
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
        return length.map { end <= $0 } ?? true
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
