package import PacketCapture
package import PacketDecoding
package import WireFormat

/// Packets on their way to a file, in the order of the capture.
///
/// Fragments wait until their datagram is complete, since only that shows their owner.
package struct PacketQueue<Owner: Sendable>: Sendable {
    /// A packet, and its owner.
    package struct Entry: Sendable {
        /// The packet.
        package var packet: HeldPacket
        /// Its number in the capture.
        package var number: UInt64
        /// Which of the queue's datagrams it waits for; nil if its owner is known.
        fileprivate var datagram: Int?
        /// Where its payload belongs in the datagram; nil if that was inside another datagram.
        package var place: FragmentPlace?
        /// Its owner; nil if it has none.
        package var owner: Owner?

        /// Roughly the bytes of memory it takes.
        fileprivate var cost: Int { packet.cost &+ (datagram == nil ? 128 : 512) }
    }

    /// A datagram that is not complete.
    private struct Datagram {
        var key: DatagramKey
        /// When its first fragment came.
        var start: Timestamp
        /// Which packets wait for it, counted from the first that was ever in the queue; some may be gone.
        var fragments: [Int] = []
        /// How many of them wait.
        var waitingCount = 0
    }

    /// How many fragments were left out because their datagram was never complete, or not in time.
    package private(set) var abandonedFragments: UInt64 = 0

    private var entries: [Entry] = []
    /// Where the queue begins in `entries`.
    private var first = 0
    /// How many packets preceded the first of `entries`.
    private var departed = 0
    private var cost = 0
    private var datagrams: [Int: Datagram] = [:]
    /// The datagram that fragments with this key wait for, as an index into `datagrams`.
    private var names: [DatagramKey: Int] = [:]
    private var latestName = 0

    /// The most bytes that wait, overhead included; beyond that, the oldest fragments are left out.
    private static var maximumCost: Int { 32 << 20 }
    /// Nanoseconds that a datagram waits to be complete.
    private static var lifetime: Int64 { DecodingLimits().lifetime }

    /// Creates an empty queue.
    package init() {}

    /// Whether no packet waits, so that one with a known owner can pass without being copied.
    package var isEmpty: Bool { first == entries.count }

    /// Adds a packet whose owner is known.
    package mutating func append(_ packet: borrowing CapturedPacket, options: [UInt8]? = nil, of owner: Owner?) {
        append(Entry(packet: HeldPacket(packet, options: options), number: packet.number, owner: owner))
    }

    /// Adds a copy of a packet whose owner is known.
    package mutating func append(_ packet: HeldPacket, number: UInt64, of owner: Owner?) {
        append(Entry(packet: packet, number: number, owner: owner))
    }

    /// Adds a fragment that waits for the datagrams that it is part of, the innermost last.
    package mutating func append(
        fragment packet: borrowing CapturedPacket, options: [UInt8]? = nil, at places: [FragmentPlace]
    ) {
        guard let name = name(of: places, at: packet.time) else { return append(packet, options: options, of: nil) }
        datagrams[name]?.fragments.append(departed &+ entries.count)
        datagrams[name]?.waitingCount &+= 1
        append(
            Entry(
                packet: HeldPacket(packet, options: options), number: packet.number, datagram: name,
                place: places.count == 1 ? places[0] : nil))
    }

    /// Sets the owner of the fragments of complete datagrams.
    ///
    /// - Parameters:
    ///   - places: Where the packet that completed them belongs, the innermost last.
    ///   - owner: The owner; nil if there is none.
    ///   - adjust: Called with each of their packets.
    package mutating func settle(_ places: [FragmentPlace], owner: Owner?, adjust: (inout Entry) -> Void = { _ in }) {
        guard !names.isEmpty, let innermost = places.last?.datagram else { return }
        for place in places {
            guard let name = names.removeValue(forKey: place.datagram),
                let datagram = datagrams.removeValue(forKey: name)
            else { continue }
            for fragment in datagram.fragments where fragment >= departed &+ first {
                let index = fragment &- departed
                cost &-= entries[index].cost
                entries[index].datagram = nil
                entries[index].owner = owner
                if entries[index].place?.datagram != innermost { entries[index].place = nil }
                adjust(&entries[index])
                cost &+= entries[index].cost
            }
        }
    }

    /// Removes the next packet if its owner is known; nil if there is none.
    ///
    /// - Parameter time: The time of the current packet; nil at the end of the capture.
    /// - Returns: The packet.
    package mutating func next(at time: Timestamp?) -> Entry? {
        while first < entries.count {
            if let name = entries[first].datagram {
                // A datagram that began again after it had been evicted waits for a second lifetime at most.
                let age = datagrams[name].flatMap { datagram in time?.nanoseconds(since: datagram.start) } ?? .max
                guard age > Self.lifetime &* 2 || cost > Self.maximumCost else { return nil }
                abandonedFragments &+= 1
                forgetFragment(of: name)
                _ = removeFirst()
                continue
            }
            let entry = removeFirst()
            if entry.owner != nil { return entry }
        }
        return nil
    }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        cost &+= entry.cost
    }

    private mutating func removeFirst() -> Entry {
        let entry = entries[first]
        cost &-= entry.cost
        // Its place in the array is freed later, with many others.
        entries[first].packet.free()
        first += 1
        if first > 1024, first * 2 > entries.count || first == entries.count {
            entries.removeFirst(first)
            departed &+= first
            first = 0
        } else if first == entries.count {
            entries.removeAll(keepingCapacity: true)
            departed &+= first
            first = 0
        }
        return entry
    }
}

/// Which datagrams the fragments wait for.
extension PacketQueue {
    /// The datagram that a fragment at these places waits for: the innermost, which fragments of the outer ones now
    /// wait for too.
    private mutating func name(of places: [FragmentPlace], at time: Timestamp) -> Int? {
        guard let key = places.last?.datagram else { return nil }
        var name: Int
        if let known = names[key], let start = datagrams[known]?.start,
            time.nanoseconds(since: start) <= Self.lifetime
        {
            name = known
        } else {
            // Fragments that wait for an overdue datagram with the same key lose their name, and are left out in their
            // turn.
            latestName &+= 1
            name = latestName
            datagrams[name] = Datagram(key: key, start: time)
        }
        names[key] = name
        for place in places.dropLast() {
            guard let outer = names[place.datagram], outer != name else { continue }
            names[place.datagram] = nil
            name = merge(outer, into: name)
        }
        return name
    }

    /// Makes what waits for one datagram wait for another, in time that depends on the smaller number of packets.
    ///
    /// - Returns: The name of both.
    private mutating func merge(_ outer: Int, into inner: Int) -> Int {
        guard let (start, key) = datagrams[inner].map({ ($0.start, $0.key) }) else { return inner }
        let isOuterLarger = (datagrams[outer]?.fragments.count ?? 0) > (datagrams[inner]?.fragments.count ?? 0)
        let kept = isOuterLarger ? outer : inner
        guard let moved = datagrams.removeValue(forKey: isOuterLarger ? inner : outer) else { return inner }
        for fragment in moved.fragments where fragment >= departed &+ first {
            entries[fragment &- departed].datagram = kept
        }
        datagrams[kept]?.fragments.append(contentsOf: moved.fragments)
        datagrams[kept]?.waitingCount &+= moved.waitingCount
        datagrams[kept]?.start = start
        datagrams[kept]?.key = key
        names[key] = kept
        return kept
    }

    /// Records that the oldest packet no longer waits for its datagram.
    private mutating func forgetFragment(of name: Int) {
        guard let waitingCount = datagrams[name]?.waitingCount else { return }
        guard waitingCount > 1 else {
            guard let datagram = datagrams.removeValue(forKey: name) else { return }
            if names[datagram.key] == name { names[datagram.key] = nil }
            return
        }
        datagrams[name]?.waitingCount &-= 1
        if (datagrams[name]?.fragments.count ?? 0) > waitingCount &* 2 &+ 16 {
            let oldest = departed &+ first
            datagrams[name]?.fragments.removeAll { $0 <= oldest }
        }
    }
}

extension PacketQueue.Entry {
    /// Copies into a fragment its part of a datagram that was changed after it was complete.
    ///
    /// - Parameter payload: The datagram's payload.
    package mutating func replacePayload(by payload: ArraySlice<UInt8>) {
        packet.interfaceName = []
        let start = place.map { $0.captured.lowerBound } ?? 0
        for index in start..<max(start, packet.bytes.count) { packet.bytes[index] = 0 }
        guard let place else { return }
        for (index, target) in place.captured.enumerated() where target < packet.bytes.count {
            let source = payload.startIndex + place.offset + index
            packet.bytes[target] = source < payload.endIndex ? payload[source] : 0
        }
    }
}
