package import PacketCapture
package import PacketDecoding
package import WireFormat

/// Packets on their way to a file, in the order of the capture, of which some wait until it is known whose they are:
/// fragments, until their datagram is complete.
package struct PacketQueue<Owner: Sendable>: Sendable {
    /// A packet, and whose it is.
    package struct Entry: Sendable {
        /// The packet.
        package var packet: HeldPacket
        /// Its number in the capture.
        package var number: UInt64
        /// The datagrams that it is a fragment of; empty if its owner is known.
        fileprivate var datagrams: [DatagramKey]
        /// Where its payload belongs in the first of them.
        package var place: FragmentPlace?
        /// Whose it is; nil if nobody's.
        package var owner: Owner?
    }

    /// How many fragments were left out, since their datagram was never complete, or not in time.
    package private(set) var abandonedFragments: UInt64 = 0

    private var entries: [Entry] = []
    /// Where the queue begins in `entries`.
    private var first = 0
    private var cost = 0
    private var waiting = 0

    /// The most bytes that wait; beyond that, the oldest fragments are given up.
    private static var maximumCost: Int { 32 << 20 }
    /// Nanoseconds after which a fragment is given up: longer than its datagram waits to be complete.
    private static var lifetime: Int64 { 120_000_000_000 }

    /// Creates an empty queue.
    package init() {}

    /// Whether no packet waits, so that one whose owner is known can go on without being copied.
    package var isEmpty: Bool { first == entries.count }

    /// Adds a packet whose owner is known.
    package mutating func append(_ packet: borrowing CapturedPacket, of owner: Owner?) {
        append(Entry(packet: HeldPacket(packet), number: packet.number, datagrams: [], owner: owner))
    }

    /// Adds a copy of a packet whose owner is known.
    package mutating func append(_ packet: HeldPacket, number: UInt64, of owner: Owner?) {
        append(Entry(packet: packet, number: number, datagrams: [], owner: owner))
    }

    /// Adds a fragment that waits for the datagrams that it is part of, the innermost last.
    package mutating func append(fragment packet: borrowing CapturedPacket, at places: [FragmentPlace]) {
        rename(places)
        waiting += 1
        append(
            Entry(
                packet: HeldPacket(packet), number: packet.number, datagrams: places.map(\.datagram),
                place: places.count == 1 ? places[0] : nil))
    }

    /// Learns whose the fragments of datagrams are, which are complete.
    ///
    /// - Parameters:
    ///   - places: Where the packet belongs that completed them.
    ///   - owner: The owner; nil if nobody.
    ///   - adjust: Called with each of their packets.
    package mutating func settle(_ places: [FragmentPlace], owner: Owner?, adjust: (inout Entry) -> Void = { _ in }) {
        guard waiting > 0 else { return }
        for index in first..<entries.count
        where places.contains(where: { entries[index].datagrams.contains($0.datagram) }) {
            entries[index].datagrams = []
            entries[index].owner = owner
            waiting -= 1
            adjust(&entries[index])
        }
    }

    /// Removes the next packet if its owner is known; nil if there is none.
    ///
    /// - Parameter time: The time of the current packet; nil at the end of the capture.
    /// - Returns: The packet.
    package mutating func next(at time: Timestamp?) -> Entry? {
        while first < entries.count {
            if !entries[first].datagrams.isEmpty {
                let age = time.map { $0.nanoseconds(since: entries[first].packet.time) } ?? .max
                guard age > Self.lifetime || cost > Self.maximumCost else { return nil }
                abandonedFragments &+= 1
                waiting -= 1
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
        cost += entry.packet.cost
    }

    private mutating func removeFirst() -> Entry {
        let entry = entries[first]
        cost -= entry.packet.cost
        first += 1
        if first > 1024, first * 2 > entries.count || first == entries.count {
            entries.removeFirst(first)
            first = 0
        } else if first == entries.count {
            entries.removeAll(keepingCapacity: true)
            first = 0
        }
        return entry
    }

    /// Fragments of a datagram that is itself a fragment wait for the outer one.
    private mutating func rename(_ places: [FragmentPlace]) {
        guard places.count > 1, waiting > 0 else { return }
        let names = places.map(\.datagram)
        for index in first..<entries.count
        where !entries[index].datagrams.isEmpty && names.contains(where: { entries[index].datagrams.contains($0) }) {
            entries[index].datagrams = names
            entries[index].place = nil
        }
    }
}

extension PacketQueue.Entry {
    /// Gives a fragment its part of a datagram that was changed after it was complete.
    ///
    /// - Parameters:
    ///   - datagram: An IP header without options, then the payload.
    ///   - isIPv6: Whether that is the header of IPv6.
    package mutating func replacePayload(by datagram: [UInt8], isIPv6: Bool) {
        packet.interfaceName = []
        let start = place.map { $0.captured.lowerBound } ?? 0
        for index in start..<max(start, packet.bytes.count) { packet.bytes[index] = 0 }
        guard let place else { return }
        let header = isIPv6 ? 40 : 20
        for (index, target) in place.captured.enumerated() where target < packet.bytes.count {
            let source = header + place.offset + index
            packet.bytes[target] = source < datagram.count ? datagram[source] : 0
        }
    }
}
