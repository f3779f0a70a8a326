import DequeModule
import TCPReassembly
import WireFormat

/// Two streams that a layer carries: what a TCP connection is to a reader, a channel is too.
struct Channel: ~Copyable {
    /// Bytes or a gap that wait for the other stream.
    struct Held {
        var place: StreamPlace
        var bytes: ArraySlice<UInt8>
        /// For a gap: its length in bytes, if known; nil for bytes.
        var gap: UInt64??

        static let overhead = 192
        var cost: Int { bytes.count &+ Self.overhead }
    }

    /// The waiting pieces of the streams, and which streams are paused.
    private final class Waiting {
        /// The waiting pieces, by ``Direction/index``.
        var held: InlineArray<2, Deque<Held>> = [[], []]
        var isPaused = InlineArray<2, Bool>(repeating: false)
        var cost = 0

        var isNeeded: Bool { isPaused[0] || isPaused[1] || !held[0].isEmpty || !held[1].isEmpty }
    }

    /// The offset of the next byte of each stream, by ``Direction/index``.
    private(set) var next = InlineArray<2, UInt64>(repeating: 0)
    /// The waiting pieces; nil if nothing waits and no stream is paused.
    private var waiting: Waiting?
    /// The stream's number within the connection; nil if the layer has only one.
    let stream: UInt64?
    /// Whether bytes before the first were lost.
    var beginsLate = false
    /// The reader of the streams.
    var reader = Connection.Reader.none
    /// The layer that carries the streams.
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

    /// The packet of the first waiting piece of a stream; nil if nothing waits.
    func firstWaiting(_ direction: Direction) -> UInt64? {
        waiting?.held[direction.index].first?.place.origin.packet
    }

    /// Whether the other stream has waiting bytes that were captured before a packet.
    func comesLate(_ direction: Direction, before packet: UInt64) -> Bool {
        guard let first = waiting?.held[direction.opposite.index].first else { return false }
        return first.gap == nil && first.place.origin.packet < packet
    }

    /// Whether nothing waits and no stream is paused.
    var isIdle: Bool { waiting == nil }

    private mutating func needWaiting() -> Waiting {
        if let waiting { return waiting }
        let new = Waiting()
        waiting = new
        return new
    }

    /// The place of the next piece, which counts as read from now on.
    mutating func advance(_ piece: LayerOutput.Piece, by count: UInt64) -> StreamPlace {
        let offset = next[piece.direction.index]
        next[piece.direction.index] &+= count
        return StreamPlace(
            direction: piece.direction, offset: offset, origin: piece.origin, carrier: piece.carrier,
            acknowledged: piece.acknowledged)
    }

    /// The offset of the next bytes, which count as read from now on.
    @inline(__always)
    mutating func advance(_ direction: Direction, by count: Int) -> UInt64 {
        let offset = next[direction.index]
        next[direction.index] = offset &+ UInt64(truncatingIfNeeded: count)
        return offset
    }

    /// Pauses a stream, and puts what its reader cannot use yet before what already waits.
    mutating func pause(_ held: consuming Held, budget: inout Int) {
        let index = held.place.direction.index
        let waiting = needWaiting()
        waiting.isPaused[index] = true
        next[index] = held.place.offset
        budget &-= held.cost
        waiting.cost &+= held.cost
        waiting.held[index].prepend(held)
    }

    /// Keeps a piece that comes while the stream waits.
    mutating func wait(_ held: consuming Held, budget: inout Int) {
        let waiting = needWaiting()
        budget &-= held.cost
        waiting.cost &+= held.cost
        waiting.held[held.place.direction.index].append(held)
    }

    /// Resumes a paused stream.
    mutating func resume(_ direction: Direction) {
        waiting?.isPaused[direction.index] = false
    }

    /// Takes the next waiting piece; nil if there is none, or the stream is paused.
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

    /// Whether more waits than allowed.
    func isOverfull(_ limits: ReassemblyLimits) -> Bool { (waiting?.cost ?? 0) > limits.heldBytesPerStream }

    /// Drops the waiting pieces, and no longer waits for a reader.
    mutating func removeHeld(budget: inout Int) {
        budget &+= waiting?.cost ?? 0
        waiting = nil
    }
}
