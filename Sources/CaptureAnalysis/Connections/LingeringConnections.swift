import DequeModule
import TCPReassembly
import WireFormat

/// Connections that seem over but may still get packets, in the order of their ends.
struct LingeringConnections {
    /// How long a connection lingers before its end is reported, in nanoseconds: twice as long as bytes may be on their
    /// way.
    static let patience: Int64 = 2_000_000_000
    /// The most connections that linger.
    private static let limit = 1024

    private var queue = Deque<LingeringConnection>()

    /// Whether no connection lingers.
    var isEmpty: Bool { queue.isEmpty }

    /// Removes the oldest connection if there is no room for another.
    mutating func makeRoom() -> LingeringConnection? { queue.count >= Self.limit ? queue.popFirst() : nil }

    /// Adds a connection.
    mutating func append(_ connection: LingeringConnection) { queue.append(connection) }

    /// Removes the next connection that has lingered long enough; the one in slot `current` starts to linger anew.
    mutating func popDue(at time: Timestamp, except current: Slot<TCPConnection>?) -> LingeringConnection? {
        while var first = queue.first, time.nanoseconds(since: first.time) > Self.patience {
            queue.removeFirst()
            guard first.slot == current else { return first }
            first.time = time
            queue.append(first)
        }
        return nil
    }
}

/// A connection that seems over but may still get packets.
struct LingeringConnection {
    /// The cause of its end.
    enum Cause {
        /// The RST of this packet, unless the ends go on.
        case reset(packet: UInt64)
        /// The acknowledgment of both FINs in this packet, while the capture lacks bytes before them.
        case finished(packet: UInt64)
        /// Another connection between its ends; this one was first seen with packet `record`.
        case replaced(record: UInt64)
    }

    /// The connection.
    var slot: Slot<TCPConnection>
    var cause: Cause
    /// The time since which it lingers: that of the RST, of the last acknowledgment, or of the SYN that replaced it.
    var time: Timestamp
}
