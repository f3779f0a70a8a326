import WireFormat

/// The parts of a pcap file with nanoseconds (draft-ietf-opsawg-pcap).
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
