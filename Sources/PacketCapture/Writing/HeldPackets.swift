package import WireFormat

/// Packets of connections that may or may not turn out to be wanted.
///
/// When a connection exceeds its limit, its oldest packets are dropped, except the three that opened it. When all
/// connections together exceed theirs, the one held longest is dropped as a whole.
package struct HeldPackets<Connection: Hashable & Sendable>: Sendable {
    /// Limits on memory.
    package struct Limits: Sendable {
        /// Bytes per connection, counting 128 bytes of overhead per packet.
        package var connection = 256 << 10
        /// Bytes in total, counted the same way.
        package var total = 64 << 20
        /// Number of connections.
        package var connections = 65_536

        /// Creates the documented defaults.
        package init() {}
    }

    /// How many packets were dropped because of a limit.
    package private(set) var droppedPackets: UInt64 = 0

    private struct Entry {
        var packets: [HeldPacket] = []
        var cost = 0
        /// Increases with each entry: lower numbers are older.
        var number: UInt64

        /// Adds a packet; returns what was dropped for it.
        mutating func append(
            _ packet: HeldPacket, limit: Int, keeping first: Int
        ) -> (cost: Int, packets: UInt64) {
            packets.append(packet)
            cost &+= packet.cost
            var freed = (cost: 0, packets: 0 as UInt64)
            guard cost > limit else { return freed }
            // Down to three quarters, so that this does not repeat for every packet.
            var end = min(first, packets.count)
            while end < packets.count, cost > limit / 4 * 3 {
                cost &-= packets[end].cost
                freed.cost &+= packets[end].cost
                freed.packets &+= 1
                end += 1
            }
            packets.removeSubrange(min(first, packets.count)..<end)
            return freed
        }
    }

    private let limits: Limits
    private var entries: [Connection: Entry] = [:]
    /// Connections in the order in which they were first held; some are gone.
    private var order: [(connection: Connection, number: UInt64)] = []
    private var oldest = 0
    private var begun: UInt64 = 0
    private var cost = 0

    /// SYN, SYN ACK, ACK.
    private static var openingPackets: Int { 3 }

    /// Creates an empty store.
    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many connections have held packets.
    package var count: Int { entries.count }

    /// Holds a copy of a packet of a connection.
    package mutating func hold(_ packet: borrowing CapturedPacket, of connection: Connection) {
        let held = HeldPacket(packet)
        if entries[connection] == nil {
            begun &+= 1
            if order.count > entries.count &* 2 &+ 1024 { tidyOrder() }
            entries[connection] = Entry(number: begun)
            order.append((connection, begun))
        }
        cost &+= held.cost
        let freed = entries[connection]?.append(held, limit: limits.connection, keeping: Self.openingPackets)
        cost &-= freed?.cost ?? 0
        droppedPackets &+= freed?.packets ?? 0
        while cost > limits.total || entries.count > limits.connections, dropOldest() {}
    }

    /// Removes and returns the packets of a connection, in order; empty if there are none.
    package mutating func take(_ connection: Connection) -> [HeldPacket] {
        guard let entry = entries.removeValue(forKey: connection) else { return [] }
        cost &-= entry.cost
        return entry.packets
    }

    /// Drops the connection that was held first; false if there is none.
    private mutating func dropOldest() -> Bool {
        while oldest < order.count {
            let (connection, number) = order[oldest]
            oldest += 1
            if entries[connection]?.number == number {
                droppedPackets &+= UInt64(take(connection).count)
                return true
            }
        }
        return false
    }

    /// Removes connections that are gone from `order`.
    private mutating func tidyOrder() {
        order.removeFirst(oldest)
        oldest = 0
        order.removeAll { entries[$0.connection]?.number != $0.number }
    }
}

/// A copy of a packet that outlives the reader's buffer.
package struct HeldPacket: Sendable {
    /// When it was captured.
    package let time: Timestamp
    /// Its length on the wire in bytes.
    package let originalLength: Int
    /// The captured bytes.
    package var bytes: [UInt8]
    /// The kind of header that the bytes start with.
    package let linkType: LinkType
    /// The name of the interface that captured it; empty if unknown.
    package var interfaceName: [UInt8]
    /// Options that it is to be written with, as ``PacketOptions`` has them.
    package var options: [UInt8]?

    /// Copies a packet.
    package init(_ packet: borrowing CapturedPacket, options: [UInt8]? = nil) {
        self.options = options
        time = packet.time
        originalLength = packet.originalLength
        linkType = packet.linkType
        bytes = unsafe packet.bytes.withUnsafeBufferPointer { unsafe Array($0) }
        interfaceName = unsafe packet.interfaceName.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Roughly the bytes of memory it takes.
    package var cost: Int { bytes.count &+ (options?.capacity ?? 0) &+ 128 }

    /// Frees most of that memory.
    package mutating func free() {
        bytes = []
        options = nil
    }
}
