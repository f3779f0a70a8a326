import DequeModule
import TCPReassembly
import WireFormat

/// The connections that are over as far as is known, and whose packets may still come, in the order of their ends.
struct LingeringConnections {
    /// How long, in nanoseconds, a connection lingers before its end is reported: twice as long as bytes may be on
    /// their way.
    private static let patience: Int64 = 2_000_000_000
    /// The most connections that linger.
    private static let limit = 1024

    private var queue = Deque<LingeringConnection>()

    /// Whether there are none.
    var isEmpty: Bool { queue.isEmpty }

    /// Takes out the oldest if there is no room for another.
    mutating func makeRoom() -> LingeringConnection? { queue.count >= Self.limit ? queue.popFirst() : nil }

    /// Adds a connection.
    mutating func append(_ connection: LingeringConnection) { queue.append(connection) }

    /// Takes out the next that has lingered long enough; the connection in the slot `current` goes on from now.
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

/// A connection that is over as far as is known, and whose packets may still come.
struct LingeringConnection {
    /// What has ended it.
    enum Cause {
        /// The RST of this packet, unless the ends go on.
        case reset(packet: UInt64)
        /// Another connection between its ends; it was first seen with this packet itself.
        case replaced(record: UInt64)
    }

    /// The connection.
    var slot: Slot<TCPConnection>
    var cause: Cause
    /// Since when it waits: the time of the RST, or of the SYN that replaced it.
    var time: Timestamp
}
