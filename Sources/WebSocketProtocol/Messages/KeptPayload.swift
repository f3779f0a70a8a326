import BasicContainers

/// The start of a payload, kept up to a limit.
struct KeptPayload: ~Copyable {
    /// The bytes kept so far.
    private(set) var bytes = UniqueArray<UInt8>()
    /// Whether the store lent their buffer.
    private var isLent = false
    /// Bytes that may still be kept of this payload.
    private var room = 0
    /// Bytes taken from the limit of all streams for this payload: the size of its buffer, if that has grown.
    private var reserved = 0
    /// Whether more bytes are wanted than the limit allows.
    private var isLimited = false
    /// Whether bytes were left out because of a limit, not because they were not demanded.
    private(set) var hitLimit = false
    /// Whether bytes were left out.
    private(set) var isCut = false

    /// Capacity beyond which the buffer goes back to the store.
    ///
    /// Small, since every idle stream may retain this much, outside all limits.
    private static let retainedCapacity = 512

    /// Begins a new payload: at most `wanted` bytes of it are kept, and never more than `limit`.
    mutating func begin(wanted: Int, limit: Int, in store: inout PayloadStore) {
        release(&store)
        room = min(wanted, limit)
        isLimited = wanted > limit
        hitLimit = false
        isCut = false
    }

    /// Drops the payload and returns its bytes to the limit of all streams.
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

    /// Keeps as many bytes as there is room for.
    mutating func append(_ source: Span<UInt8>, in store: inout PayloadStore) {
        let count = admit(source.count, &store)
        guard count > 0 else { return }
        bytes.append(copying: source.extracting(first: count))
    }

    /// Keeps as many bytes as there is room for, unmasked if there is a mask.
    ///
    /// The mask advances over all of `source`.
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

    /// Takes up to `count` bytes out of the limits, as far as they allow, and switches to a spare buffer before
    /// allocating one.
    private mutating func admit(_ count: Int, _ store: inout PayloadStore) -> Int {
        let spare = reserved &- bytes.count
        let admitted = max(0, min(count, room, store.room &- store.heldBack &+ spare))
        if admitted < count {
            isCut = true
            hitLimit = hitLimit || isLimited || admitted < room
            room = admitted
        }
        room &-= admitted
        reserve(max(0, admitted &- spare), &store)
        if bytes.count &+ admitted > max(bytes.capacity, KeptPayload.retainedCapacity) { grow(admitted, &store) }
        return admitted
    }

    private mutating func reserve(_ count: Int, _ store: inout PayloadStore) {
        reserved &+= count
        store.room &-= count
    }

    /// Makes room for more bytes, in a spare buffer if there is one.
    @inline(never)
    private mutating func grow(_ count: Int, _ store: inout PayloadStore) {
        let needed = bytes.count &+ count
        if !isLent, var spare = store.lend(upTo: reserved &+ store.room) {
            spare.append(copying: bytes.span)
            bytes = spare
            isLent = true
        }
        if needed > bytes.capacity {
            let usual = bytes.capacity &+ bytes.capacity / 2
            bytes.reserveCapacity(max(needed, min(usual, needed &+ store.room)))
        }
        reserve(max(0, bytes.capacity &- reserved), &store)
    }
}

/// The storage of payloads: a limit on the bytes that all streams together may keep, and buffers for them.
///
/// A few buffers are reused for payloads that come in several pieces; otherwise each would grow from nothing, piece by
/// piece. The number of buffers is limited, including lent ones, since a lent buffer may be much larger than its
/// contents, and a message may never end.
struct PayloadStore: ~Copyable {
    /// Bytes that may still be kept.
    var room: Int
    /// Bytes of ``room`` that payloads may not take.
    var heldBack = 0
    /// Empty buffers, the latest returned at the end.
    private var spares = UniqueArray<UniqueArray<UInt8>>()
    /// The capacity of the spare buffers, in bytes.
    private(set) var spareByteCount = 0
    /// The number of lent buffers.
    private var lentCount = 0

    /// The most buffers, spare and lent together.
    static let maximumBuffers = 32
    /// The largest capacity of a spare buffer, in bytes.
    static let maximumCapacity = 64 << 10

    /// Creates a store without buffers.
    init(room: Int) {
        self.room = room
    }

    /// Lends the buffer returned last; nil if there is none, or if its capacity exceeds `limit` bytes.
    mutating func lend(upTo limit: Int) -> UniqueArray<UInt8>? {
        guard !spares.isEmpty, spares[spares.count - 1].capacity <= limit, let spare = spares.popLast() else {
            return nil
        }
        lentCount &+= 1
        spareByteCount &-= spare.capacity
        return spare
    }

    /// Takes back a buffer, and keeps it if there is room for one more.
    mutating func giveBack(_ buffer: consuming UniqueArray<UInt8>, isLent: Bool) {
        if isLent { lentCount &-= 1 }
        guard spares.count &+ lentCount < Self.maximumBuffers, buffer.capacity <= Self.maximumCapacity else { return }
        buffer.removeAll(keepingCapacity: true)
        spareByteCount &+= buffer.capacity
        spares.append(buffer)
    }
}
