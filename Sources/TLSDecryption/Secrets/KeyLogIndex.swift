/// Where the lines of key logs stand, by the randoms that they name.
///
/// 12 bytes for each random, however many lines follow each other that name it.
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

    private var sections: [Section] = []
    /// In the order of the lines; each but the last is sorted, and that one too if it has ``smallBlock`` entries.
    private var blocks: [[KeyLogEntry]] = []
    /// How many entries there are.
    private var count = 0
    private var lastRandom: Random?
    private var lastOffset: UInt64 = 0
    /// The last entry.
    private var latest: (source: any KeyLogSource, offset: UInt64, random: Random)?

    /// The most randoms kept, and so the most sections: each has one.
    static let limit = 1 << 24
    /// The bits of an offset.
    private static let offsetBits: UInt64 = 40
    /// Entries of one hash that are looked at: the latest ones.
    private static let placeLimit = 64
    /// Entries of a block that is sorted; all of a smaller one are looked at.
    private static let smallBlock = 1 << 10
    /// Entries of the largest blocks: two smaller ones of the same size become one.
    private static let largeBlock = 1 << 16

    var isEmpty: Bool { count == 0 }

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
            guard count < Self.limit, line.offset >> Self.offsetBits == 0 else { return }
            lastRandom = line.random
            // A line that had no end yet is read again with every piece of it.
            if let latest, latest.offset == line.offset, latest.random == line.random, latest.source === source {
                continue
            }
            latest = (source, line.offset, line.random)
            append(KeyLogEntry(hash: Self.hash(line.random), location: section << Self.offsetBits | line.offset))
        }
    }

    private mutating func append(_ entry: KeyLogEntry) {
        count &+= 1
        if blocks.last.map({ $0.count >= Self.smallBlock }) ?? true { blocks.append([]) }
        var last = blocks.count &- 1
        blocks[last].append(entry)
        guard blocks[last].count == Self.smallBlock else { return }
        blocks[last].sort()
        while last > 0, blocks[last].count < Self.largeBlock, blocks[last &- 1].count == blocks[last].count {
            let latest = blocks.removeLast()
            last &-= 1
            blocks[last].append(contentsOf: latest)
            blocks[last].sort()
        }
    }

    /// Forgets the lines of a key log that is written anew: they stand elsewhere by now, or nowhere.
    mutating func forget(_ source: any KeyLogSource) {
        lastRandom = nil
        latest = nil
        func isForgotten(_ entry: KeyLogEntry) -> Bool {
            sections[Int(entry.location >> Self.offsetBits)].source === source
        }
        guard let first = blocks.firstIndex(where: { $0.contains(where: isForgotten) }) else { return }
        let changed = blocks[first...]
        blocks.removeSubrange(first...)
        count = blocks.reduce(0) { $0 &+ $1.count }
        for block in changed {
            let rest = block.filter { !isForgotten($0) }
            for entry in rest.sorted(by: { $0.location < $1.location }) { append(entry) }
        }
    }

    /// Where lines of a random may stand, the first ones first.
    func places(of random: Random, at packet: UInt64) -> [Place] {
        let hash = Self.hash(random)
        var places: [Place] = []
        for block in blocks.reversed() {
            let range = block.count < Self.smallBlock ? block.indices : block.range(of: hash)
            for index in range.reversed()
            where places.count < Self.placeLimit && block[index].hash == hash {
                if let place = place(block[index], at: packet) { places.append(place) }
            }
        }
        return places.reversed()
    }

    /// Where lines of any random stand, the latest ones first.
    func places(atMost limit: Int, at packet: UInt64) -> [Place] {
        var places: [Place] = []
        for block in blocks.reversed() where places.count < limit {
            for entry in block.sorted(by: { $0.location > $1.location }) where places.count < limit {
                if let place = place(entry, at: packet) { places.append(place) }
            }
        }
        return places
    }

    private func place(_ entry: KeyLogEntry, at packet: UInt64) -> Place? {
        let section = sections[Int(entry.location >> Self.offsetBits)]
        guard section.packet <= packet else { return nil }
        return Place(source: section.source, offset: entry.location & (1 << Self.offsetBits - 1))
    }

    /// A hash with a secret of its own: clients choose their randoms, and could hide those of others.
    private static func hash(_ random: Random) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(random)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }
}

/// Where lines begin that name a random: others may have the same hash, so the line itself decides.
private struct KeyLogEntry: Comparable {
    let hash: UInt32
    // In two halves, so that it takes 12 bytes.
    private let high: UInt32
    private let low: UInt32

    init(hash: UInt32, location: UInt64) {
        self.hash = hash
        high = UInt32(truncatingIfNeeded: location >> 32)
        low = UInt32(truncatingIfNeeded: location)
    }

    /// The section's index in the upper 24 bits, the offset in the others; larger for later lines.
    var location: UInt64 { UInt64(high) << 32 | UInt64(low) }

    static func < (left: KeyLogEntry, right: KeyLogEntry) -> Bool {
        left.hash != right.hash ? left.hash < right.hash : left.location < right.location
    }
}

extension [KeyLogEntry] {
    /// Where the entries of a hash are; they are sorted.
    fileprivate func range(of hash: UInt32) -> Range<Int> {
        let start = boundary { $0.hash >= hash }
        return start..<Swift.max(start, boundary { $0.hash > hash })
    }

    /// Where the first entry is that meets a condition, which all after it meet too.
    private func boundary(_ meets: (KeyLogEntry) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low &+ high) / 2
            if meets(self[middle]) { high = middle } else { low = middle &+ 1 }
        }
        return low
    }
}
