package import PacketDecoding
package import WireFormat

/// The tracked connections, each in a slot that is reused once free.
///
/// Users of the table keep their own state for each connection by slot.
package struct ConnectionTable: ~Copyable {
    /// Where a segment belongs.
    package struct Place: Sendable {
        /// The slot of its connection.
        package var slot: Slot<TCPConnection>
        /// Who sent it.
        package var direction: Direction

        /// Creates a place.
        @inlinable
        package init(slot: Slot<TCPConnection>, direction: Direction) {
            self.slot = slot
            self.direction = direction
        }
    }

    /// The connections by slot.
    package var connections = SlotPool<TCPConnection>()
    /// Bytes that all streams together may still hold.
    package var budget: Int
    /// The bounds.
    package let limits: ReassemblyLimits
    /// Whether memory allows no further connections unless others are forgotten.
    package var isCrowded = false

    var index: FlowIndex
    private var hand = 0

    /// Creates an empty table.
    ///
    /// - Parameters:
    ///   - limits: The bounds.
    ///   - secret: A number that senders cannot know, so that they cannot choose hash collisions.
    package init(limits: ReassemblyLimits, secret: UInt64) {
        self.limits = limits
        budget = limits.heldBytes
        index = FlowIndex(secret: secret)
    }

    /// How many connections are tracked.
    package var count: Int { index.count }

    /// Whether another connection must be forgotten before one more can be tracked.
    package var isFull: Bool { index.count >= limits.connections || isCrowded && !connections.hasFreeSlot }

    // Functions called for every packet are `mutating` and take their segment `inout`, although they change neither:
    // otherwise the compiler copies the table's values and the segment for the call.

    /// Prefetches what ``prepare(_:)`` will read for a segment.
    ///
    /// - Returns: The hash of the connection's ends, the same in both directions.
    package mutating func hash(_ segment: inout TCPSegment) -> UInt32 {
        let hash = index.hash(segment.source, segment.destination)
        index.prefetch(hash)
        return hash
    }

    /// Prefetches what ``find(_:hash:)`` and ``TCPConnection`` will read for a segment with a hash.
    ///
    /// - Returns: The slot that most likely holds the connection; nil if there is none.
    package mutating func prepare(_ hash: UInt32) -> Slot<TCPConnection>? {
        guard let slot = index.candidate(hash).map({ Slot<TCPConnection>($0) }) else { return nil }
        connections.prefetch(slot, TCPConnection.hotBytes.0)
        connections.prefetch(slot, TCPConnection.hotBytes.1)
        return slot
    }

    /// Finds the connection of a segment.
    ///
    /// Connections with the same ends are told apart by the tunnels that they come through (``TCPSegment/tunnel``).
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - hash: The result of ``hash(_:)`` for it.
    /// - Returns: Where the connection is, and the direction of the segment; nil if there is none.
    package mutating func find(_ segment: inout TCPSegment, hash: UInt32) -> Place? {
        let source = segment.source
        let destination = segment.destination
        let tunnel = segment.tunnel
        var direction = Direction.fromInitiator
        var isElsewhere = false
        let slot = index.find(hash) { index in
            let slot = Slot<TCPConnection>(index)
            let initiator = connections[slot].initiator
            let responder = connections[slot].responder
            // Compare ports first: they almost always tell the directions apart.
            if initiator.port == source.port, initiator == source, responder == destination {
                direction = .fromInitiator
            } else {
                direction = .fromResponder
                guard responder == source, initiator == destination else { return false }
            }
            if connections[slot].tunnels[direction.index] == tunnel { return true }
            isElsewhere = true
            return false
        }
        if let slot { return Place(slot: Slot(slot), direction: direction) }
        return isElsewhere ? findElsewhere(segment, hash) : nil
    }

    /// Finds the connection of a segment that came through another tunnel than earlier segments of its direction, or
    /// through none: the best fit of the connections between its ends.
    @inline(never)
    private mutating func findElsewhere(_ segment: TCPSegment, _ hash: UInt32) -> Place? {
        var best: (place: Place, fit: TunnelFit)?
        var count = 0
        _ = index.find(hash) { index in
            let slot = Slot<TCPConnection>(index)
            guard let direction = connections[slot].direction(of: segment) else { return false }
            count &+= 1
            let fit = connections[slot].tunnelFit(of: segment, from: direction)
            if best.map({ $0.fit < fit }) ?? true { best = (Place(slot: slot, direction: direction), fit) }
            return false
        }
        guard let best, best.fit > .none || count >= ConnectionTable.maximumTunnels else { return nil }
        connections[best.place.slot].learn(tunnel: segment.tunnel, of: best.place.direction)
        return best.place
    }

    /// The most connections between the same ends that tunnels can tell apart.
    private static let maximumTunnels = 8

    /// Whether the segment opens a new connection between the ends of the one in this place.
    ///
    /// - Parameters:
    ///   - place: Where the segment belongs.
    ///   - segment: The segment.
    ///   - bytes: The buffer that holds it.
    ///   - origin: Its packet.
    /// - Returns: Whether the connection in this place is over.
    package mutating func isReplaced(
        _ place: Place, by segment: borrowing TCPSegment, in bytes: Span<UInt8>, at origin: Origin
    ) -> Bool {
        connections[place.slot].isReplaced(
            by: segment, in: bytes, from: place.direction, at: origin, silence: limits.reopenSilence)
    }

    /// Starts to track the connection of a segment.
    ///
    ///   - segment: Its first segment.
    ///   - segment: The first segment of it.
    ///   - time: Its packet's time.
    ///   - opening: The SYN that the segment answers, if it arrived while another connection had its place.
    ///   - rival: An unanswered SYN between the same ends, from the segment's sender.
    /// - Returns: Where it is.
    package mutating func insert(
        _ segment: borrowing TCPSegment, time: Timestamp, opening: HandshakeSegment? = nil,
        rival: HandshakeSegment? = nil
    ) -> Place {
        var connection = TCPConnection(segment, time: time, opening: opening)
        if let rival { connection.challenger = (rival, .fromInitiator) }
        let direction: Direction = connection.initiator == segment.source ? .fromInitiator : .fromResponder
        let hash = index.hash(segment.source, segment.destination)
        let slot = connections.insert(connection)
        index.insert(hash, slot: slot.index)
        return Place(slot: slot, direction: direction)
    }

    /// Forgets a connection.
    package mutating func remove(_ slot: Slot<TCPConnection>) {
        connections[slot].removeHeld(budget: &budget)
        unlink(slot)
        let hash = index.hash(connections[slot].initiator, connections[slot].responder)
        index.remove(hash, slot: slot.index)
        connections.remove(slot)
    }

    /// Takes a few steps around the table to find a connection to forget: one that closed long ago; if the table is
    /// full, any closed one, or the one silent longest among those visited.
    ///
    /// - Parameters:
    ///   - now: The current time.
    ///   - isForced: Whether one must go although the table is not full.
    /// - Returns: The connection to forget; nil if none must go.
    package mutating func nextToForget(now: Timestamp, isForced: Bool = false) -> Slot<TCPConnection>? {
        let isFull = isForced || isFull
        let steps = isFull ? 16 : 2
        var oldest: (slot: Slot<TCPConnection>, time: Timestamp)?
        for _ in 0..<min(steps, connections.slotCount) {
            hand = hand &+ 1 < connections.slotCount ? hand &+ 1 : 0
            let slot = Slot<TCPConnection>(hand)
            guard connections.isUsed(slot) else { continue }
            let time = connections[slot].lastTime
            let isStale = now.nanoseconds(since: time) > limits.closedLifetime
            if connections[slot].isOver, isFull || isStale { return slot }
            if oldest.map({ time < $0.time }) ?? true { oldest = (slot, time) }
        }
        return isFull ? oldest?.slot : nil
    }
}
