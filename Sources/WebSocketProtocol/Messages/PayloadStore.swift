import BasicContainers

/// What payloads are kept in: how many bytes all streams together may still keep, and buffers for them.
///
/// A few buffers are used again and again for payloads that come in several pieces: else each would grow anew, piece by
/// piece. Their number is bounded, lent ones included, since a lent buffer may be much larger than what is kept in it, and a
/// message may never end.
struct PayloadStore: ~Copyable {
    /// Payload bytes that may still be kept.
    var room: Int
    /// Empty buffers, the one that was given back last at the end.
    private var spares = UniqueArray<UniqueArray<UInt8>>()
    /// How many buffers are lent.
    private var lentCount = 0

    /// The most buffers, spare and lent ones together.
    static let maximumBuffers = 32
    /// The most bytes of a spare one.
    static let maximumCapacity = 64 << 10

    /// Makes a store without any buffer.
    init(room: Int) {
        self.room = room
    }

    /// Lends the buffer that was given back last; nil where none is left.
    mutating func lend() -> UniqueArray<UInt8>? {
        guard let spare = spares.popLast() else { return nil }
        lentCount &+= 1
        return spare
    }

    /// Takes a buffer that is not needed any more, and keeps it where there is room.
    mutating func giveBack(_ buffer: consuming UniqueArray<UInt8>, isLent: Bool) {
        if isLent { lentCount &-= 1 }
        guard spares.count &+ lentCount < Self.maximumBuffers, buffer.capacity <= Self.maximumCapacity else { return }
        buffer.removeAll(keepingCapacity: true)
        spares.append(buffer)
    }
}
