import DequeModule
import TCPReassembly
import WireFormat

/// Two streams that a layer has found in what it reads: to their reader, what a TCP connection is.
struct Channel: ~Copyable {
    /// Bytes that wait for the other stream, or a gap among them.
    struct Held {
        var place: StreamPlace
        var bytes: ArraySlice<UInt8>
        /// Whether it is a gap, and how many bytes it has.
        var gap: UInt64??

        static let overhead = 192
        var cost: Int { bytes.count &+ Self.overhead }
    }

    /// What waits in the streams, and which of them are held.
    private final class Waiting {
        /// By ``Direction/index``.
        var held: InlineArray<2, Deque<Held>> = [[], []]
        var isPaused = InlineArray<2, Bool>(repeating: false)
        var cost = 0

        var isNeeded: Bool { isPaused[0] || isPaused[1] || !held[0].isEmpty || !held[1].isEmpty }
    }

    /// Where the next byte stands in each stream, by ``Direction/index``.
    private(set) var next = InlineArray<2, UInt64>(repeating: 0)
    /// Nil if nothing waits, and nothing is held.
    private var waiting: Waiting?
    /// The stream among those of the connection; nil if the layer has only one.
    let stream: UInt64?
    /// Whether bytes were lost before the first.
    var beginsLate = false
    /// Who reads it.
    var reader = Connection.Reader.none
    /// The layer that has found it.
    let layer: Slot<LayerReader>

    /// The bytes of the value, for prefetching.
    static var size: Int { MemoryLayout<Channel>.size }

    init(of layer: Slot<LayerReader>, stream: UInt64?) {
        self.layer = layer
        self.stream = stream
    }

    /// Whether bytes of a stream wait.
    func isWaiting(_ direction: Direction) -> Bool {
        guard let waiting else { return false }
        return !waiting.held[direction.index].isEmpty
    }

    /// The packet of what waits first in a stream; nil if nothing does.
    func firstWaiting(_ direction: Direction) -> UInt64? {
        waiting?.held[direction.index].first?.place.origin.packet
    }

    /// Whether bytes wait in the other stream that were captured before a packet.
    func comesLate(_ direction: Direction, before packet: UInt64) -> Bool {
        guard let first = waiting?.held[direction.opposite.index].first else { return false }
        return first.gap == nil && first.place.origin.packet < packet
    }

    /// Whether nothing waits, and no stream is held.
    var isIdle: Bool { waiting == nil }

    private mutating func needWaiting() -> Waiting {
        if let waiting { return waiting }
        let new = Waiting()
        waiting = new
        return new
    }

    /// Where bytes stand that come next, which count as read from now on.
    mutating func advance(_ piece: LayerOutput.Piece, by count: UInt64) -> StreamPlace {
        let offset = next[piece.direction.index]
        next[piece.direction.index] &+= count
        return StreamPlace(
            direction: piece.direction, offset: offset, origin: piece.origin, carrier: piece.carrier,
            acknowledged: piece.acknowledged)
    }

    /// Where bytes stand that come next, which count as read from now on.
    @inline(__always)
    mutating func advance(_ direction: Direction, by count: Int) -> UInt64 {
        let offset = next[direction.index]
        next[direction.index] = offset &+ UInt64(truncatingIfNeeded: count)
        return offset
    }

    /// Holds a stream, and keeps what its reader cannot use yet in front of what waits.
    mutating func pause(_ held: consuming Held, budget: inout Int) {
        let index = held.place.direction.index
        let waiting = needWaiting()
        waiting.isPaused[index] = true
        next[index] = held.place.offset
        budget &-= held.cost
        waiting.cost &+= held.cost
        waiting.held[index].prepend(held)
    }

    /// Keeps what comes while the stream is held.
    mutating func wait(_ held: consuming Held, budget: inout Int) {
        let waiting = needWaiting()
        budget &-= held.cost
        waiting.cost &+= held.cost
        waiting.held[held.place.direction.index].append(held)
    }

    /// Resumes a stream that was held.
    mutating func resume(_ direction: Direction) {
        waiting?.isPaused[direction.index] = false
    }

    /// The next that has waited; nil if there is none, or the stream is held.
    mutating func popFirst(_ direction: Direction, budget: inout Int) -> Held? {
        guard let waiting else { return nil }
        guard !waiting.isPaused[direction.index], let first = waiting.held[direction.index].popFirst() else {
            if !waiting.isNeeded { self.waiting = nil }
            return nil
        }
        budget &+= first.cost
        waiting.cost &-= first.cost
        next[direction.index] = first.place.offset &+ UInt64(first.bytes.count) &+ ((first.gap ?? nil) ?? 0)
        return first
    }

    /// Whether more waits than may.
    func isOverfull(_ limits: ReassemblyLimits) -> Bool { (waiting?.cost ?? 0) > limits.heldBytesPerStream }

    /// Drops what waits, and waits for no reader any more.
    mutating func removeHeld(budget: inout Int) {
        budget &+= waiting?.cost ?? 0
        waiting = nil
    }
}
