import WireFormat

/// Buffers the bytes of a capture file, little-endian, until they are written.
struct RecordBuffer {
    private(set) var bytes: [UInt8] = []

    /// Makes room for this many bytes and one more packet of usual size, so that the buffer need not grow, which copies
    /// it.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count &+ 4096) }

    /// Removes all bytes, keeping up to 1 MiB of capacity.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
    }

    mutating func append(_ value: some FixedWidthInteger) {
        var rest = value
        for _ in 0..<(value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends zeros up to the next multiple of four.
    mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// Appends numbers of four bytes.
    mutating func append<let count: Int>(words: consuming InlineArray<count, UInt32>) {
        for index in words.indices { words[index] = words[index].littleEndian }
        unsafe words.span.bytes.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Overwrites a number.
    mutating func replace(at position: Int, with value: UInt32) {
        for index in 0..<4 { bytes[position + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
    }
}

/// The header and records of a pcap file with nanoseconds (draft-ietf-opsawg-pcap).
extension RecordBuffer {
    mutating func appendPcapHeader(_ source: PacketSource) {
        append(0xA1B2_3C4D as UInt32)
        append(2 as UInt16)
        append(4 as UInt16)
        append(0 as UInt64)
        append(UInt32(clamping: source.snapLength))
        append(source.linkType.rawValue)
    }

    mutating func appendPcapRecord(_ time: Timestamp, originalLength: Int, _ bytes: Span<UInt8>) {
        let moment = max(time.nanoseconds, 0)
        append(UInt32(truncatingIfNeeded: moment / 1_000_000_000))
        append(UInt32(truncatingIfNeeded: moment % 1_000_000_000))
        append(UInt32(clamping: bytes.count))
        append(UInt32(clamping: originalLength))
        append(bytes)
    }
}
