import PacketDecoding
import WireFormat

/// Finds the slot of a connection by its two ends, in either order: open addressing with linear probing.
struct FlowIndex: ~Copyable {
    /// An entry: the hash of the ends, and the slot plus one (0: empty).
    private struct Entry {
        var hash: UInt32 = 0
        var slot: UInt32 = 0
    }

    private var entries: [Entry]
    private var mask: Int
    private(set) var count = 0
    /// Keeps senders from choosing ends that collide.
    private let secret: UInt64
    /// The factor for ports: odd and secret too, since the owner of a network chooses both address and port.
    private let portFactor: UInt64

    /// - Parameter secret: A number that senders cannot know.
    init(secret: UInt64) {
        self.secret = secret | 1
        // The finalizer of splitmix64, so that the two secrets have little in common.
        var factor = (secret ^ secret &>> 30) &* 0xbf58_476d_1ce4_e5b9
        factor = (factor ^ factor &>> 27) &* 0x94d0_49bb_1331_11eb
        portFactor = factor ^ factor &>> 31 | 1
        entries = Array(repeating: Entry(), count: 64)
        mask = 63
    }

    /// The hash of two ends, the same in either order.
    @inline(__always)
    func hash(_ one: Endpoint, _ other: Endpoint) -> UInt32 {
        UInt32(truncatingIfNeeded: (mix(one) &+ mix(other)) &>> 32)
    }

    @inline(__always)
    private func mix(_ end: Endpoint) -> UInt64 {
        let bits = end.address.bits
        let low = UInt64(truncatingIfNeeded: bits) ^ secret
        let high = UInt64(truncatingIfNeeded: bits &>> 64) ^ UInt64(end.port) &* portFactor
        let product = low.multipliedFullWidth(by: high ^ (secret &<< 17 | 1))
        return product.high ^ product.low
    }

    /// The first slot with this hash that `isMatch` accepts.
    @inline(__always)
    func find(_ hash: UInt32, where isMatch: (Int) -> Bool) -> Int? {
        var place = Int(hash) & mask
        while entries[place].slot != 0 {
            if entries[place].hash == hash, isMatch(Int(entries[place].slot) &- 1) {
                return Int(entries[place].slot) &- 1
            }
            place = (place &+ 1) & mask
        }
        return nil
    }

    /// The first slot with this hash, which may be another connection's.
    @inline(__always)
    func candidate(_ hash: UInt32) -> Int? {
        find(hash) { _ in true }
    }

    /// Prefetches the entry where the search for a hash begins.
    @inline(__always)
    func prefetch(_ hash: UInt32) {
        unsafe entries.withUnsafeBufferPointer { entries in
            guard let first = entries.baseAddress else { return }
            unsafe WireFormat.prefetch(UnsafeRawPointer(first + Int(hash) & mask), 0..<MemoryLayout<Entry>.size)
        }
    }

    /// Adds a slot.
    mutating func insert(_ hash: UInt32, slot: Int) {
        if count &* 2 >= entries.count { grow() }
        place(Entry(hash: hash, slot: UInt32(slot) &+ 1))
        count &+= 1
    }

    /// Removes a slot and closes the hole that it leaves.
    mutating func remove(_ hash: UInt32, slot: Int) {
        var hole = Int(hash) & mask
        while entries[hole].slot != UInt32(slot) &+ 1 {
            guard entries[hole].slot != 0 else { return }
            hole = (hole &+ 1) & mask
        }
        count &-= 1
        var next = hole
        while true {
            entries[hole] = Entry()
            repeat {
                next = (next &+ 1) & mask
                guard entries[next].slot != 0 else { return }
                // An entry may move back at most to the place that its hash selects.
                let home = Int(entries[next].hash) & mask
                if (next &- home) & mask >= (next &- hole) & mask { break }
            } while true
            entries[hole] = entries[next]
            hole = next
        }
    }

    private mutating func place(_ entry: Entry) {
        var place = Int(entry.hash) & mask
        while entries[place].slot != 0 { place = (place &+ 1) & mask }
        entries[place] = entry
    }

    private mutating func grow() {
        let old = entries
        entries = Array(repeating: Entry(), count: old.count &* 2)
        mask = entries.count &- 1
        for entry in old where entry.slot != 0 { place(entry) }
    }
}
