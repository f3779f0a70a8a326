/// Writes TCP segments as Ethernet packets, with correct checksums, into the records of a pcap file.
struct PacketWriter {
    /// The fields of a segment besides its payload.
    struct Segment {
        var sequence: UInt32
        var acknowledgment: UInt32
        var flags: UInt8
        var identification: UInt16
        /// The sender's clock, and the latest value of the other's that it has seen (RFC 7323 3.2).
        var clocks: (own: UInt32, other: UInt32)
    }

    static let finish: UInt8 = 0x01
    static let synchronise: UInt8 = 0x02
    static let reset: UInt8 = 0x04
    static let push: UInt8 = 0x08
    static let acknowledge: UInt8 = 0x10

    /// The payload of the largest packets: 1,500 bytes without the headers.
    static func largestPayload(_ flow: Flow) -> Int { flow.isIPv6 ? 1428 : 1448 }

    /// The bytes written but not taken yet.
    private(set) var bytes: [UInt8] = []
    /// The time, in microseconds since 1970.
    private(set) var clock: Int64 = 1_700_000_000_000_000
    private(set) var packetCount: UInt64 = 0
    private(set) var byteCount: UInt64 = 0

    /// Writes the header of the file.
    init() {
        // The magic number of microseconds, version 2.4, the snap length, Ethernet.
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1] as [UInt32] { append(littleEndian: word) }
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func pass(microseconds: Int64) { clock += microseconds }

    /// Writes a packet.
    mutating func write(_ segment: Segment, of flow: Flow, from end: End, payload: ArraySlice<UInt8>) {
        let isOpening = segment.flags & Self.synchronise != 0
        let headerLength = isOpening ? 40 : 32
        let segmentLength = headerLength + payload.count
        let length = 14 + (flow.isIPv6 ? 40 : 20) + segmentLength
        append(littleEndian: UInt32(truncatingIfNeeded: clock / 1_000_000))
        append(littleEndian: UInt32(truncatingIfNeeded: clock % 1_000_000))
        append(littleEndian: UInt32(length))
        append(littleEndian: UInt32(length))
        for part in [end.peer, end] { bytes.append(contentsOf: [2, 0, 0, 0, 0, UInt8(part.rawValue)]) }
        appendNetworkHeader(segment, flow, end, segmentLength)
        let start = bytes.count
        append(flow.port(of: end))
        append(flow.port(of: end.peer))
        append(segment.sequence)
        append(segment.acknowledgment)
        bytes.append(UInt8(headerLength) << 2)
        bytes.append(segment.flags)
        append(UInt16(64_240))
        append(UInt32(0))
        // Maximum segment size and selective acknowledgments on a SYN; clocks on all segments; the window scale on a
        // SYN.
        bytes.append(contentsOf: isOpening ? [2, 4, 5, 0xb4, 4, 2, 8, 10] : [1, 1, 8, 10])
        append(segment.clocks.own)
        append(segment.clocks.other)
        if isOpening { bytes.append(contentsOf: [1, 3, 3, 7]) }
        bytes.append(contentsOf: payload)
        let addresses = sum(flow.address(of: .client)) + sum(flow.address(of: .server))
        putChecksum(from: start, at: start + 16, beginning: addresses + UInt64(UInt16(6 + segmentLength).bigEndian))
        packetCount += 1
        byteCount += UInt64(length)
    }

    private mutating func appendNetworkHeader(_ segment: Segment, _ flow: Flow, _ end: End, _ segmentLength: Int) {
        let start = bytes.count + 2
        if flow.isIPv6 {
            append(0x86dd as UInt16)
            append(0x6000_0000 as UInt32)
            append(UInt16(segmentLength))
            append(0x0640 as UInt16)
        } else {
            append(0x0800 as UInt16)
            append(0x4500 as UInt16)
            append(UInt16(20 + segmentLength))
            append(segment.identification)
            append(0x4000 as UInt16)
            append(0x4006 as UInt16)
            append(0 as UInt16)
        }
        bytes.append(contentsOf: flow.address(of: end))
        bytes.append(contentsOf: flow.address(of: end.peer))
        if !flow.isIPv6 { putChecksum(from: start, at: start + 10, beginning: 0) }
    }

    private mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(littleEndian integer: UInt32) {
        withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Writes the checksum of everything from `start` on (RFC 1071).
    private mutating func putChecksum(from start: Int, at place: Int, beginning: UInt64) {
        var total = beginning + sum(bytes[start...])
        while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
        let checksum = ~UInt16(total)
        withUnsafeBytes(of: checksum) { bytes.replaceSubrange(place..<place + 2, with: $0) }
    }

    /// The unfolded sum of 16-bit words in memory order.
    private func sum(_ bytes: some Collection<UInt8>) -> UInt64 {
        var total: UInt64 = 0
        bytes.withContiguousStorageIfAvailable { storage in
            let raw = UnsafeRawBufferPointer(storage)
            var index = 0
            while index + 4 <= raw.count {
                total += UInt64(raw.loadUnaligned(fromByteOffset: index, as: UInt32.self))
                index += 4
            }
            if index + 2 <= raw.count {
                total += UInt64(raw.loadUnaligned(fromByteOffset: index, as: UInt16.self))
                index += 2
            }
            if index < raw.count { total += UInt64(UInt16(raw[index]).littleEndian) }
        }
        return total
    }
}
