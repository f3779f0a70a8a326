/// Whether options follow a packet in its record, and in which byte order their numbers are.
@frozen
public enum RecordOptions: UInt8, Sendable {
    /// There are none.
    case none
    /// Lowest byte first.
    case littleEndian
    /// Highest byte first.
    case bigEndian
}

extension CapturedRecord {
    /// The options that follow the packet's bytes and their padding in its pcapng block (draft-ietf-opsawg-pcapng 4.3),
    /// as the file has them.
    var optionBytes: UnsafeBufferPointer<UInt8> {
        let padded = unsafe (bytes.count &+ 3) & ~3
        // Before the bytes there are 28 of the block; its length, of four, is its end.
        let count = unsafe length &- 32 &- padded
        guard unsafe options != .none, count > 0, let start = unsafe bytes.baseAddress else {
            return unsafe UnsafeBufferPointer(start: nil, count: 0)
        }
        return unsafe UnsafeBufferPointer(start: start + padded, count: count)
    }
}

extension PacketBatch {
    /// Whether options follow the packet at a place.
    package func optionOrder(_ place: Int) -> RecordOptions { unsafe record(place).options }

    /// The options that follow the packet at a place, as its file has them; empty if there are none.
    @_lifetime(borrow self)
    package func options(_ place: Int) -> Span<UInt8> {
        unsafe _overrideLifetime(Span(_unsafeElements: record(place).optionBytes), borrowing: self)
    }
}
