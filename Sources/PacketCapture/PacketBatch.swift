/// Packets that are lent together: their bytes stay where they are until their reader reads on.
@safe
@usableFromInline
struct PacketBatch {
    /// How many packets it holds at most: enough that what they need is on its way from memory while others are at work.
    static let capacity = 16

    @usableFromInline
    var records = unsafe InlineArray<16, CapturedRecord>(repeating: CapturedRecord())
    @usableFromInline
    private(set) var count = 0

    var isFull: Bool { count == Self.capacity }

    /// Forgets its packets, so that their readers may read on.
    mutating func removeAll() {
        count = 0
    }

    /// Adds a packet; there must be room.
    @inline(__always)
    mutating func append(_ record: CapturedRecord) {
        unsafe records[count] = record
        count &+= 1
    }

    /// The packet in a place; there must be one.
    @inlinable @inline(__always)
    subscript(place: Int) -> CapturedRecord {
        precondition(place >= 0 && place < count)
        return unsafe records[place]
    }
}
