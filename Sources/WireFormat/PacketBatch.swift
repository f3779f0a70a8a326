/// Packets read together, whose bytes stay in place until their reader reads on.
@safe
@frozen
public struct PacketBatch: ~Copyable {
    /// The most packets that it holds: enough to prefetch the state of some while others are processed.
    @inlinable
    public static var capacity: Int { 16 }

    /// On the heap, so that moving a batch is cheap.
    @usableFromInline
    let records: UnsafeMutablePointer<CapturedRecord>
    @usableFromInline
    var filled = 0

    /// How many packets it holds.
    @inlinable
    public var count: Int { filled }

    /// Creates an empty batch.
    public init() {
        unsafe records = .allocate(capacity: Self.capacity)
        unsafe records.initialize(repeating: CapturedRecord(), count: Self.capacity)
    }

    deinit {
        unsafe records.deallocate()
    }

    /// Whether there is no room for another packet.
    @inlinable
    public var isFull: Bool { count == Self.capacity }

    /// Removes all packets, so that their reader may read on.
    public mutating func removeAll() {
        filled = 0
    }

    /// Adds a packet, whose bytes must stay in place until it is removed; traps if the batch is full.
    @unsafe
    @inlinable @inline(__always)
    public mutating func append(_ record: CapturedRecord) {
        precondition(!isFull)
        unsafe records[filled] = record
        filled &+= 1
    }

    /// The packet at a 0-based place; traps beyond the end.
    @inlinable
    public subscript(place: Int) -> CapturedPacket {
        @_lifetime(borrow self) @inline(__always) get {
            unsafe _overrideLifetime(record(place).packet, borrowing: self)
        }
    }

    // Single fields for the hot path: destroying a whole packet compiles to a call, even though it does nothing.

    /// The captured bytes of the packet at a place.
    @inlinable @inline(__always)
    @_lifetime(borrow self)
    public func bytes(_ place: Int) -> Span<UInt8> {
        unsafe _overrideLifetime(Span(_unsafeElements: record(place).bytes), borrowing: self)
    }

    /// The name of its interface; see ``CapturedPacket/interfaceName``.
    @inlinable @inline(__always)
    @_lifetime(borrow self)
    public func interfaceName(_ place: Int) -> Span<UInt8> {
        unsafe _overrideLifetime(Span(_unsafeElements: record(place).interfaceName), borrowing: self)
    }

    /// Its length on the wire in bytes; see ``CapturedPacket/originalLength``.
    @inlinable @inline(__always)
    public func originalLength(_ place: Int) -> Int { unsafe record(place).originalLength }

    /// When it was captured.
    @inlinable @inline(__always)
    public func time(_ place: Int) -> Timestamp { unsafe record(place).time }

    /// The kind of header that its bytes start with.
    @inlinable @inline(__always)
    public func linkType(_ place: Int) -> LinkType { unsafe record(place).linkType }

    /// Its 1-based number.
    @inlinable @inline(__always)
    public func number(_ place: Int) -> UInt64 { unsafe record(place).number }

    @unsafe
    @inlinable @inline(__always)
    func record(_ place: Int) -> CapturedRecord {
        precondition(place >= 0 && place < filled)
        return unsafe records[place]
    }
}
