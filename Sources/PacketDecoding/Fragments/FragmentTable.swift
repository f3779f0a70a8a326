internal import WireFormat

/// The incomplete datagrams, in the order in which they began.
struct FragmentTable {
    /// A datagram, linked to those that began just before and after it.
    private struct Entry {
        var datagram: FragmentedDatagram
        var older: Int?
        var newer: Int?
    }

    private(set) var totals = FragmentTotals()
    private let limits: DecodingLimits
    private var slots: [DatagramKey: Int] = [:]
    /// By slot; those in free slots are stale.
    private var entries: [Entry] = []
    private var freeSlots: [Int] = []
    private var oldest: Int?
    private var newest: Int?
    /// A complete datagram, and which of its parts came again: they may belong to another datagram.
    private struct Completed {
        let datagram: ReassembledDatagram
        var repeats: [(range: Range<Int>, isLast: Bool)] = []

        /// The most parts that are kept, and the most attempts to complete another datagram with them.
        static let limit = 8
    }

    /// The last complete datagrams; a ring.
    private var completed: [Completed] = []
    private var nextCompleted = 0
    /// Whether any fragment's header had the right checksum.
    private var hasRightChecksums = false

    init(limits: DecodingLimits) {
        self.limits = limits
    }

    /// Adds a fragment that was found in `source`; returns the datagram that it completes.
    mutating func insert(
        _ fragment: Fragment, from source: Span<UInt8>, at time: Timestamp
    ) -> ReassembledDatagram? {
        dropOverdue(at: time)
        // A receiver never sees a fragment with a wrong checksum (RFC 1122 3.2.1.2), or one that its host refuses. A
        // wrong checksum only counts if others were right.
        guard !fragment.isRefused, !fragment.hasWrongChecksum || !hasRightChecksums else {
            totals.unusedFragments &+= 1
            return nil
        }
        if !fragment.hasWrongChecksum { hasRightChecksums = true }
        guard let slot = slots[fragment.key] ?? begin(fragment, from: source, at: time) else {
            totals.duplicateFragments &+= 1
            return nil
        }
        totals.heldBytes &-= entries[slot].datagram.cost
        let completed = add(fragment, from: source, to: slot)
        if slots[fragment.key] == slot { totals.heldBytes &+= entries[slot].datagram.cost }
        dropBeyondBounds()
        return completed
    }

    /// Adds a fragment to its datagram, and removes that if it is complete.
    private mutating func add(
        _ fragment: Fragment, from source: Span<UInt8>, to slot: Int
    ) -> ReassembledDatagram? {
        guard !entries[slot].datagram.isSpoiled else {
            totals.unusedFragments &+= 1
            return nil
        }
        switch entries[slot].datagram.insert(fragment, from: source) {
        case .repeats:
            totals.duplicateFragments &+= 1
        case .contradicts:
            totals.unusedFragments &+= 1
            totals.contradictoryDatagrams &+= 1
            _ = remove(slot)
        case .waits:
            totals.unusedFragments &+= 1
            if let whole = completeWithRepeats(slot) {
                totals.unusedFragments &-= entries[slot].datagram.fragments
                return finish(whole, slot)
            }
            guard entries[slot].datagram.partCount > limits.fragmentsPerDatagram else { break }
            totals.evictedDatagrams &+= 1
            entries[slot].datagram.spoil()
        case .completes:
            totals.unusedFragments &-= entries[slot].datagram.fragments &- 1
            return finish(entries[slot].datagram, slot)
        }
        return nil
    }

    /// Removes a complete datagram and returns it.
    private mutating func finish(_ whole: FragmentedDatagram, _ slot: Int) -> ReassembledDatagram {
        totals.reassembledDatagrams &+= 1
        _ = remove(slot)
        let datagram = whole.completed()
        remember(datagram)
        return datagram
    }

    /// Completes a datagram with fragments that seemed to repeat an earlier datagram of the same identification, since
    /// both may have the same ending.
    private mutating func completeWithRepeats(_ slot: Int) -> FragmentedDatagram? {
        let key = entries[slot].datagram.key
        for index in completed.indices where completed[index].datagram.key == key && !completed[index].repeats.isEmpty {
            guard entries[slot].datagram.attempts < Completed.limit else { return nil }
            entries[slot].datagram.attempts &+= 1
            var whole = entries[slot].datagram
            let earlier = completed[index].datagram
            for part in completed[index].repeats {
                let fragment = Fragment(part.range, isLast: part.isLast, of: earlier)
                guard case .completes = whole.insert(fragment, from: earlier.bytes.span) else { continue }
                completed[index].repeats = []
                return whole
            }
        }
        return nil
    }

    /// Begins the datagram of a fragment; nil if the fragment repeats one of a complete datagram.
    private mutating func begin(_ fragment: Fragment, from source: Span<UInt8>, at time: Timestamp) -> Int? {
        for index in completed.indices where completed[index].datagram.contains(fragment, from: source) {
            if completed[index].repeats.count < Completed.limit {
                completed[index].repeats.append((fragment.range, fragment.isLast))
            }
            return nil
        }
        let datagram = FragmentedDatagram(fragment, from: source, at: time)
        let slot = freeSlots.popLast() ?? entries.count
        let entry = Entry(datagram: datagram, older: newest, newer: nil)
        if slot == entries.count { entries.append(entry) } else { entries[slot] = entry }
        if let newest { entries[newest].newer = slot } else { oldest = slot }
        newest = slot
        slots[fragment.key] = slot
        totals.waitingDatagrams &+= 1
        totals.heldBytes &+= datagram.cost
        return slot
    }

    /// Removes a datagram, whose cost the caller has already subtracted.
    private mutating func remove(_ slot: Int) -> FragmentedDatagram {
        let entry = entries[slot]
        entries[slot].datagram.removeAll()
        freeSlots.append(slot)
        slots[entry.datagram.key] = nil
        if let older = entry.older { entries[older].newer = entry.newer } else { oldest = entry.newer }
        if let newer = entry.newer { entries[newer].older = entry.older } else { newest = entry.older }
        totals.waitingDatagrams &-= 1
        return entry.datagram
    }

    private mutating func remember(_ datagram: ReassembledDatagram) {
        if completed.count < limits.completedDatagrams {
            completed.append(Completed(datagram: datagram))
        } else if !completed.isEmpty {
            completed[nextCompleted] = Completed(datagram: datagram)
            nextCompleted = nextCompleted &+ 1 < completed.count ? nextCompleted &+ 1 : 0
        }
    }

    private mutating func dropOverdue(at time: Timestamp) {
        while let slot = oldest, time.nanoseconds(since: entries[slot].datagram.firstTime) > limits.lifetime {
            totals.heldBytes &-= entries[slot].datagram.cost
            // Spoiled ones were counted before.
            if !remove(slot).isSpoiled { totals.overdueDatagrams &+= 1 }
        }
    }

    private mutating func dropBeyondBounds() {
        while totals.heldBytes > limits.bytes || totals.waitingDatagrams > limits.datagrams, let slot = oldest {
            totals.heldBytes &-= entries[slot].datagram.cost
            if !remove(slot).isSpoiled { totals.evictedDatagrams &+= 1 }
        }
    }
}
