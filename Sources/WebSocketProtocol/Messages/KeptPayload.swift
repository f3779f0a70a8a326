import BasicContainers

/// The beginning of a payload, kept up to a bound.
struct KeptPayload: ~Copyable {
    /// The bytes kept so far.
    private(set) var bytes = UniqueArray<UInt8>()
    /// Whether their buffer is one that the store has lent.
    private var isLent = false
    /// Bytes that may still be kept of this payload.
    private var room = 0
    /// Bytes that this payload has taken out of the streams' common bound.
    private var reserved = 0
    /// Whether more is wanted than a limit allows.
    private var isLimited = false
    /// Whether bytes were left out since the common bound or a limit was reached, not since nobody wanted them.
    private(set) var hitLimit = false
    /// Whether bytes were left out.
    private(set) var isCut = false

    /// Capacity beyond which the buffer goes back to the store.
    ///
    /// Small, since every idle stream may retain so much, beside all bounds.
    private static let retainedCapacity = 512

    /// Begins a new payload of which at most `wanted` bytes are kept, and never more than `limit`.
    mutating func begin(wanted: Int, limit: Int, in store: inout PayloadStore) {
        release(&store)
        room = min(wanted, limit)
        isLimited = wanted > limit
        hitLimit = false
        isCut = false
    }

    /// Forgets the payload and gives its bytes back to the common bound.
    mutating func release(_ store: inout PayloadStore) {
        store.room &+= reserved
        reserved = 0
        room = 0
        if bytes.capacity > KeptPayload.retainedCapacity {
            store.giveBack(exchange(&bytes, with: UniqueArray()), isLent: isLent)
            isLent = false
        } else {
            bytes.removeAll(keepingCapacity: true)
        }
    }

    /// Keeps what there is room for.
    mutating func append(_ source: Span<UInt8>, in store: inout PayloadStore) {
        let count = admit(source.count, &store)
        guard count > 0 else { return }
        bytes.append(copying: source.extracting(first: count))
    }

    /// Keeps what there is room for, unmasked where there is a mask, which moves on over all of `source`.
    mutating func append(_ source: Span<UInt8>, unmasking mask: inout Masking?, in store: inout PayloadStore) {
        guard var masking = mask else {
            append(source, in: &store)
            return
        }
        let count = admit(source.count, &store)
        if count > 0 {
            bytes.append(addingCount: count) { masking.unmask(source.extracting(first: count), into: &$0) }
        }
        masking.skip(UInt64(source.count &- count))
        mask = masking
    }

    /// Takes as many of `count` bytes out of the bounds as they leave, and sees to it that a spare buffer is used before
    /// another is allocated.
    private mutating func admit(_ count: Int, _ store: inout PayloadStore) -> Int {
        let admitted = min(count, room, store.room)
        if admitted < count {
            isCut = true
            hitLimit = hitLimit || isLimited || admitted < room
            room = admitted
        }
        room &-= admitted
        reserved &+= admitted
        store.room &-= admitted
        if !isLent, bytes.count &+ admitted > max(bytes.capacity, KeptPayload.retainedCapacity),
            var spare = store.lend()
        {
            spare.append(copying: bytes.span)
            bytes = spare
            isLent = true
        }
        return admitted
    }
}

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
