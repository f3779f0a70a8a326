public import WireFormat

/// Packets of connections of which it is not known yet whether they are wanted.
///
/// Within its bounds: of a connection beyond its own, the oldest packets go behind those that opened it; of all together
/// beyond theirs, the connection that was held first goes as a whole.
public struct HeldPackets<Connection: Hashable & Sendable>: Sendable {
    /// What packets may take.
    public struct Limits: Sendable {
        /// Bytes of one connection's packets, 128 more for each packet.
        public var connection = 256 << 10
        /// Bytes of all packets, likewise.
        public var total = 64 << 20
        /// Connections.
        public var connections = 65_536

        /// The documented defaults.
        public init() {}
    }

    /// How many packets were dropped at a bound.
    public private(set) var droppedPackets: UInt64 = 0

    private struct Entry {
        var packets: [HeldPacket] = []
        var cost = 0
        /// When it was begun.
        var number: UInt64

        /// Adds a packet; returns what had to go for it.
        mutating func append(
            _ packet: HeldPacket, limit: Int, keeping first: Int
        ) -> (cost: Int, packets: UInt64) {
            packets.append(packet)
            cost &+= packet.cost
            var freed = (cost: 0, packets: 0 as UInt64)
            guard cost > limit else { return freed }
            // Down to three quarters, so that it is not done for each packet.
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
    /// The connections in the order in which they were begun, some of which are gone.
    private var order: [(connection: Connection, number: UInt64)] = []
    private var oldest = 0
    private var begun: UInt64 = 0
    private var cost = 0

    /// The SYN, its answer, and the acknowledgment of that.
    private static var openingPackets: Int { 3 }

    /// Makes an empty store.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many connections have packets here.
    public var count: Int { entries.count }

    /// Keeps a packet of a connection.
    public mutating func hold(_ packet: borrowing CapturedPacket, of connection: Connection) {
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

    /// Hands over the packets of a connection, in their order; empty where there are none.
    public mutating func take(_ connection: Connection) -> [HeldPacket] {
        guard let entry = entries.removeValue(forKey: connection) else { return [] }
        cost &-= entry.cost
        return entry.packets
    }

    /// Drops the connection that was begun first; false where there is none.
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

    /// Forgets the places of connections that are gone.
    private mutating func tidyOrder() {
        order.removeFirst(oldest)
        oldest = 0
        order.removeAll { entries[$0.connection]?.number != $0.number }
    }
}

/// A packet that is kept beyond the call that handed it on.
public struct HeldPacket: Sendable {
    /// When it was captured.
    public let time: Timestamp
    /// How many bytes it had on the wire.
    public let originalLength: Int
    /// The captured bytes.
    public let bytes: [UInt8]
    /// The name of the interface that captured it; empty where it is not known.
    public let interfaceName: [UInt8]

    /// Copies a packet.
    public init(_ packet: borrowing CapturedPacket) {
        time = packet.time
        originalLength = packet.originalLength
        bytes = unsafe packet.bytes.withUnsafeBufferPointer { unsafe Array($0) }
        interfaceName = unsafe packet.interfaceName.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// What it takes in memory, about.
    var cost: Int { bytes.count &+ 128 }
}
