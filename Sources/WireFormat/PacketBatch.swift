/// Packets that are lent together: their bytes stay where they are until their reader reads on.
@safe
@frozen
public struct PacketBatch: ~Copyable {
    /// How many packets it holds at most: enough that what they need is on its way from memory while others are at work.
    @inlinable
    public static var capacity: Int { 16 }

    /// They stand elsewhere, so that a batch can be moved at no cost.
    @usableFromInline
    let records: UnsafeMutablePointer<CapturedRecord>
    @usableFromInline
    var filled = 0

    /// How many packets it holds.
    @inlinable
    public var count: Int { filled }

    /// Makes an empty batch.
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

    /// Forgets its packets, so that their reader may read on.
    public mutating func removeAll() {
        filled = 0
    }

    /// Adds a packet, whose bytes must stay where they are as long as it is here; there must be room.
    @unsafe
    @inlinable @inline(__always)
    public mutating func append(_ record: CapturedRecord) {
        precondition(!isFull)
        unsafe records[filled] = record
        filled &+= 1
    }

    /// The packet in a place; there must be one.
    @inlinable
    public subscript(place: Int) -> CapturedPacket {
        @_lifetime(borrow self) @inline(__always) get {
            unsafe _overrideLifetime(record(place).packet, borrowing: self)
        }
    }

    // Whoever looks at every packet asks for what it needs: a packet as a whole is destroyed by a call that does nothing.

    /// The captured bytes of the packet in a place.
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

    /// How many bytes it had on the wire; see ``CapturedPacket/originalLength``.
    @inlinable @inline(__always)
    public func originalLength(_ place: Int) -> Int { unsafe record(place).originalLength }

    /// When it was captured.
    @inlinable @inline(__always)
    public func time(_ place: Int) -> Timestamp { unsafe record(place).time }

    /// What the first of its bytes is.
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
