public import PacketDecoding
public import WireFormat

/// The connections that are tracked, each in a slot that is used again when it is free.
///
/// Whoever uses the table keeps its own state of each connection by slot.
public struct ConnectionTable: ~Copyable {
    /// Where a segment belongs.
    public struct Place: Sendable {
        /// The slot of its connection.
        public var slot: Slot<TCPConnection>
        /// Who sent it.
        public var direction: Direction

        /// Makes a place.
        public init(slot: Slot<TCPConnection>, direction: Direction) {
            self.slot = slot
            self.direction = direction
        }
    }

    /// The connections by slot.
    public var connections = SlotPool<TCPConnection>()
    /// Bytes that all streams together may still hold.
    public var budget: Int
    /// The bounds.
    public let limits: ReassemblyLimits

    private var index: FlowIndex
    private var hand = 0

    /// Makes an empty table.
    ///
    /// - Parameters:
    ///   - limits: The bounds.
    ///   - secret: A number that senders cannot know, against chosen collisions.
    public init(limits: ReassemblyLimits, secret: UInt64) {
        self.limits = limits
        budget = limits.heldBytes
        index = FlowIndex(secret: secret)
    }

    /// How many connections are tracked.
    public var count: Int { index.count }

    /// Whether `limits.connections` are tracked.
    public var isFull: Bool { index.count >= limits.connections }

    // What is called for every packet mutates and takes its segment `inout`, although it changes neither: else the compiler
    // copies the table's own values and the segment to call it.

    /// Looks ahead to a segment: asks the processor to bring near what ``find(_:hash:)`` and ``TCPConnection`` will look at.
    ///
    /// - Returns: What the table knows the connection of the segment by, in both directions; and the slot in which it most
    ///   likely is, if there is any.
    public mutating func prepare(_ segment: inout TCPSegment) -> (hash: UInt32, slot: Slot<TCPConnection>?) {
        let hash = index.hash(segment.source, segment.destination)
        guard let slot = index.candidate(hash).map({ Slot<TCPConnection>($0) }) else { return (hash, nil) }
        connections.prefetch(slot, TCPConnection.hotBytes.0)
        connections.prefetch(slot, TCPConnection.hotBytes.1)
        return (hash, slot)
    }

    /// Finds the connection of a segment.
    ///
    /// Connections with the same ends are told apart by the tunnels that they come through (``TCPSegment/tunnel``).
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - hash: What ``prefetch(_:)`` has returned for it.
    /// - Returns: Where the connection is, and which direction the segment takes; nil where there is none.
    public mutating func find(_ segment: inout TCPSegment, hash: UInt32) -> Place? {
        let source = segment.source
        let destination = segment.destination
        let tunnel = segment.tunnel
        var direction = Direction.fromInitiator
        var isElsewhere = false
        let slot = index.find(hash) { index in
            let slot = Slot<TCPConnection>(index)
            let initiator = connections[slot].initiator
            let responder = connections[slot].responder
            // Ports first: they tell the directions apart almost always.
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

    /// Finds the connection of a segment that came through another tunnel than those of its direction before, or through
    /// none: of the connections between its ends, the one that it fits best.
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

    /// The most connections between the same ends that tunnels tell apart.
    private static let maximumTunnels = 8

    /// Whether the segment opens a new connection between the ends of the one in this place.
    ///
    /// - Parameters:
    ///   - place: Where the segment belongs.
    ///   - segment: The segment.
    ///   - packet: The 1-based number of its packet.
    ///   - time: The packet's time.
    /// - Returns: Whether the connection in this place is over.
    public mutating func isReplaced(
        _ place: Place, by segment: borrowing TCPSegment, packet: UInt64, time: Timestamp
    ) -> Bool {
        connections[place.slot].isReplaced(
            by: segment, from: place.direction, packet: packet, time: time, silence: limits.reopenSilence)
    }

    /// Begins to track the connection of a segment.
    ///
    /// - Parameters:
    ///   - segment: The first segment of it.
    ///   - time: Its packet's time.
    ///   - opening: The SYN that the segment answers, where it came while another connection had its place.
    /// - Returns: Where it is.
    public mutating func insert(
        _ segment: borrowing TCPSegment, time: Timestamp, opening: HandshakeSegment? = nil
    ) -> Place {
        let connection = TCPConnection(segment, time: time, opening: opening)
        let direction: Direction = connection.initiator == segment.source ? .fromInitiator : .fromResponder
        let hash = index.hash(segment.source, segment.destination)
        let slot = connections.insert(connection)
        index.insert(hash, slot: slot.index)
        return Place(slot: slot, direction: direction)
    }

    /// Forgets a connection.
    public mutating func remove(_ slot: Slot<TCPConnection>) {
        connections[slot].removeHeld(budget: &budget)
        let hash = index.hash(connections[slot].initiator, connections[slot].responder)
        index.remove(hash, slot: slot.index)
        connections.remove(slot)
    }

    /// Takes a few steps around the table and finds a connection to forget: one that closed long ago; when the table
    /// is full, one that closed, or the one of those looked at that was silent longest.
    public mutating func nextToForget(now: Timestamp) -> Slot<TCPConnection>? {
        let steps = isFull ? 16 : 2
        var oldest: (slot: Slot<TCPConnection>, time: Timestamp)?
        for _ in 0..<min(steps, connections.slotCount) {
            hand = hand &+ 1 < connections.slotCount ? hand &+ 1 : 0
            let slot = Slot<TCPConnection>(hand)
            guard connections.isUsed(slot) else { continue }
            let time = connections[slot].lastTime
            let isStale = now.nanoseconds(since: time) > limits.closedLifetime
            if connections[slot].isClosed, isFull || isStale { return slot }
            if oldest.map({ time < $0.time }) ?? true { oldest = (slot, time) }
        }
        return isFull ? oldest?.slot : nil
    }
}
