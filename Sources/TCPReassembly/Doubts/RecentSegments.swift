/// The last delivered segments of a stream, as hashes of their bytes, to compare retransmitted bytes with bytes that
/// are gone.
///
/// It holds the last eight. A segment of up to 32 bytes is hashed whole; of a longer one, 8 bytes at its start, at each
/// third and at its end, so that recording a segment takes the same few nanoseconds whatever its length. A
/// retransmission is compared with each segment that it covers completely.
struct RecentSegments {
    private struct Entry {
        /// The low 32 bits of its stream offset.
        var offset: UInt32 = 0
        /// 0 if there are more than 65,535 bytes, which are not compared.
        var length: UInt16 = 0
        /// The identification of its IPv4 header; 0 for IPv6.
        var identification: UInt16 = 0
        var hash: UInt32 = 0
    }

    private var entries = InlineArray<8, Entry>(repeating: Entry())
    private var oldest: UInt8 = 0

    /// Records delivered bytes.
    mutating func record(_ bytes: Span<UInt8>, at offset: UInt64, _ identification: UInt16) {
        entries[Int(oldest & 7)] = Entry(
            offset: UInt32(truncatingIfNeeded: offset), length: UInt16(exactly: bytes.count) ?? 0,
            identification: identification, hash: Self.hash(bytes))
        oldest &+= 1
    }

    /// Compares retransmitted bytes.
    ///
    /// - Parameters:
    ///   - bytes: The captured bytes.
    ///   - offset: Where they begin in the stream; negative before its first byte.
    ///   - next: The next offset of the stream; all recorded segments end at or before it.
    /// - Returns: Where the first segment begins that is known to have had other bytes.
    func conflict(with bytes: Span<UInt8>, at offset: Int64, next: UInt64) -> UInt64? {
        var first: UInt64?
        for index in entries.indices where entries[index].length > 0 {
            let entry = entries[index]
            let distance = UInt32(truncatingIfNeeded: next) &- entry.offset
            let start = Int64(next) &- Int64(distance) &- offset
            guard start >= 0, start &+ Int64(entry.length) <= Int64(bytes.count) else { continue }
            let again = bytes.extracting(Int(start)..<(Int(start) &+ Int(entry.length)))
            if Self.hash(again) != entry.hash { first = min(first ?? .max, UInt64(offset &+ start)) }
        }
        return first
    }

    /// Whether these bytes are a second copy of a packet that the capture already holds.
    ///
    ///   - bytes: The captured bytes, which are all that were on the wire.
    ///   - bytes: The captured bytes, all that were on the wire.
    ///   - identification: The identification of their IPv4 header. If it is 0, because the sender does not count or
    ///     because they came over IPv6, only the last segment is compared, unless the capture is known to hold packets
    ///     twice.
    ///   - isDoubled: Whether the capture is known to hold packets twice.
    ///   - isDoubled: Whether it is.
    /// - Returns: Whether one of the last segments is the same.
    func holds(_ bytes: Span<UInt8>, at offset: UInt32, _ identification: UInt16, isDoubled: Bool) -> Bool {
        for index in entries.indices where entries[index].length > 0 {
            let entry = entries[index]
            guard entry.offset == offset, Int(entry.length) == bytes.count, entry.identification == identification,
                identification != 0 || isDoubled || index == Int((oldest &- 1) & 7)
            else { continue }
            if Self.hash(bytes) == entry.hash { return true }
        }
        return false
    }

    @inline(__always)
    private static func hash(_ bytes: Span<UInt8>) -> UInt32 {
        let raw = unsafe bytes.bytes
        let count = raw.byteCount
        guard count >= 8 else {
            var word = UInt64(count)
            for index in 0..<count { word = word &<< 8 | UInt64(bytes[index]) }
            return mix(word, 0)
        }
        let last = count &- 8
        let outer = mix(load(raw, 0) &+ UInt64(count), load(raw, last))
        return count <= 16 ? outer : outer ^ mix(load(raw, last / 3), ~load(raw, last &* 2 / 3))
    }

    @inline(__always)
    private static func load(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private static func mix(_ one: UInt64, _ other: UInt64) -> UInt32 {
        let product = (one ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: other ^ 0xd1b5_4a32_d192_ed03)
        let folded = product.high ^ product.low
        return UInt32(truncatingIfNeeded: folded ^ folded &>> 32)
    }
}
