import WireFormat

/// Where the lines of key logs stand, by the randoms that they name.
///
/// About 40 bytes for each random, however many lines follow each other that name it.
struct KeyLogIndex {
    /// Where lines of one random begin.
    struct Place {
        let source: any KeyLogSource
        let offset: UInt64

        /// Where its lines end, if those of another place may follow.
        func end(before next: Place?) -> UInt64 {
            guard let next, next.source === source else { return .max }
            return next.offset
        }
    }

    /// A key log, or what was appended to it.
    private struct Section {
        let source: any KeyLogSource
        /// The packet that it counts from.
        let packet: UInt64
    }

    private struct Entry {
        /// The section's index in the upper 24 bits, the offset in the others.
        var location: UInt64
        /// The entry of the same hash before; none if negative.
        var previous: Int32
    }

    private var sections: [Section] = []
    private var entries: [Entry] = []
    /// The latest entry of each hash of a random.
    private var latest: [UInt64: Int32] = [:]
    private var lastRandom: Random?
    private var lastOffset: UInt64 = 0

    /// The most randoms kept, and so the most sections: each has one.
    static let limit = 1 << 24
    /// The bits of an offset.
    private static let offsetBits: UInt64 = 40
    /// Entries of one hash that are looked at.
    private static let chainLimit = 64

    var isEmpty: Bool { entries.isEmpty }

    /// How many key logs, or pieces of them, count.
    func sectionCount(at packet: UInt64) -> Int {
        // They come in the order of packets.
        var (low, high) = (0, sections.count)
        while low < high {
            let middle = (low + high) / 2
            if sections[middle].packet <= packet { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds lines.
    ///
    /// - Parameters:
    ///   - lines: Where they begin, and their randoms.
    ///   - source: The key log.
    ///   - packet: The packet that they count from.
    ///   - isNew: Whether a section begins with them.
    mutating func add(
        _ lines: [(offset: UInt64, random: Random)], of source: any KeyLogSource, from packet: UInt64, isNew: Bool
    ) {
        if isNew {
            guard sections.count < Self.limit else { return }
            sections.append(Section(source: source, packet: packet))
            lastRandom = nil
        }
        let section = UInt64(sections.count &- 1)
        for line in lines {
            let isNear = line.random == lastRandom && line.offset &- lastOffset <= KeyLogScanner.reach
            lastOffset = line.offset
            guard !isNear else { continue }
            guard entries.count < Self.limit, line.offset >> Self.offsetBits == 0 else { return }
            lastRandom = line.random
            let hash = Self.hash(line.random)
            let index = Int32(entries.count)
            entries.append(Entry(location: section << Self.offsetBits | line.offset, previous: latest[hash] ?? -1))
            latest[hash] = index
        }
    }

    /// Forgets the lines of a key log that is written anew: they stand elsewhere by now, or nowhere.
    mutating func forget(_ source: any KeyLogSource) {
        var moved: [Int32] = []
        moved.reserveCapacity(entries.count)
        var count = 0
        for index in entries.indices {
            let entry = entries[index]
            // What is forgotten leads on to the one before it.
            let previous = entry.previous < 0 ? -1 : moved[Int(entry.previous)]
            if sections[Int(entry.location >> Self.offsetBits)].source === source {
                moved.append(previous)
            } else {
                entries[count] = Entry(location: entry.location, previous: previous)
                moved.append(Int32(count))
                count &+= 1
            }
        }
        entries.removeLast(entries.count &- count)
        latest = latest.compactMapValues { moved[Int($0)] < 0 ? nil : moved[Int($0)] }
        lastRandom = nil
    }

    /// Where lines of a random may stand, the first ones first.
    func places(of random: Random, at packet: UInt64) -> [Place] {
        var places: [Place] = []
        var next = latest[Self.hash(random)] ?? -1
        while next >= 0, places.count < Self.chainLimit {
            let entry = entries[Int(next)]
            if let place = place(entry, at: packet) { places.append(place) }
            next = entry.previous
        }
        return places.reversed()
    }

    /// Where lines of any random stand, the latest ones first.
    func places(atMost limit: Int, at packet: UInt64) -> [Place] {
        var places: [Place] = []
        var index = entries.count
        while index > 0, places.count < limit {
            index &-= 1
            if let place = place(entries[index], at: packet) { places.append(place) }
        }
        return places
    }

    private func place(_ entry: Entry, at packet: UInt64) -> Place? {
        let section = sections[Int(entry.location >> Self.offsetBits)]
        guard section.packet <= packet else { return nil }
        return Place(source: section.source, offset: entry.location & (1 << Self.offsetBits - 1))
    }

    /// A hash with a secret of its own: clients choose their randoms, and could hide those of others.
    private static func hash(_ random: Random) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(random)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// Reads the lines of a key log.
struct KeyLogScanner {
    private let source: any KeyLogSource
    private var offset: UInt64
    private(set) var isAtEnd = false
    /// Where a line begins that has no end yet.
    private(set) var unfinished: UInt64
    /// Whether the bytes up to the next line's end belong to a line that is too long.
    private var isSkipping = false

    private static let chunk = 1 << 20

    init(_ source: any KeyLogSource, at offset: UInt64) {
        self.source = source
        self.offset = offset
        unfinished = offset
    }

    /// Reads on, and finds where lines with secrets begin.
    mutating func next(into lines: inout [(offset: UInt64, random: Random)]) {
        let bytes = source.read(at: offset, count: Self.chunk)
        let isLast = bytes.count < Self.chunk
        // Some editors begin a file with a byte order mark.
        var start = offset == 0 && bytes.span.starts(with: "\u{feff}", at: 0, in: 0..<bytes.count) ? 3 : 0
        while start < bytes.count {
            let stop = bytes.span.index(of: UInt8(ascii: "\n"), in: start..<bytes.count)
            // The last line may have no end.
            guard stop < bytes.count || isLast else { break }
            if !isSkipping, let line = KeyLogLine(bytes.span.extracting(start..<stop)) {
                lines.append((offset &+ UInt64(start), line.random))
            }
            isSkipping = false
            unfinished = stop == bytes.count ? offset &+ UInt64(start) : offset &+ UInt64(stop &+ 1)
            start = stop &+ 1
        }
        if isLast {
            isAtEnd = true
        } else if bytes.count &- start > KeyLogLine.limit {
            // No line is as long.
            isSkipping = true
            offset &+= UInt64(bytes.count)
        } else {
            offset &+= UInt64(start)
        }
    }

    /// How far apart lines of one random may begin that are found by the first of them: other lines may stand between.
    static let reach: UInt64 = 1024

    /// Reads the lines that begin at a place and before another one, as long as they are wanted; hands each on with its
    /// bytes.
    static func read(
        _ place: KeyLogIndex.Place, before end: UInt64, _ take: (KeyLogLine, Span<UInt8>) -> Bool
    ) {
        let source = place.source
        var offset = place.offset
        var latest = offset
        while true {
            let size = 8 * KeyLogLine.limit
            let bytes = source.read(at: offset, count: size)
            var start = 0
            while start < bytes.count {
                let stop = bytes.span.index(of: UInt8(ascii: "\n"), in: start..<bytes.count)
                guard stop < bytes.count || bytes.count < size else { break }
                let place = offset &+ UInt64(start)
                guard place < end, place &- latest <= reach else { return }
                let text = bytes.span.extracting(start..<stop)
                if let line = KeyLogLine(text) {
                    guard take(line, text) else { return }
                    latest = place
                }
                start = stop &+ 1
            }
            guard bytes.count == size, start > 0 else { return }
            offset &+= UInt64(start)
        }
    }
}
