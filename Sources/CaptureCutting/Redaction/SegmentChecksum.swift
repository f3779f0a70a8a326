package import PacketDecoding

/// The checksum of a TCP segment (RFC 9293 3.1).
package enum SegmentChecksum {
    /// Sets it anew, in the bytes that a segment was found in.
    package static func write(_ segment: borrowing TCPSegment, in bytes: inout [UInt8]) {
        let start = segment.payload.lowerBound - Int(segment.headerLength)
        let end = segment.payload.upperBound
        guard start >= 0, end <= bytes.count, end - start >= 20 else { return }
        bytes[start + 16] = 0
        bytes[start + 17] = 0
        var sum: UInt64 = 6 + UInt64(end - start)
        for address in [segment.source.address, segment.destination.address] {
            for shift in stride(from: 112, through: 0, by: -16) {
                sum &+= UInt64(UInt16(truncatingIfNeeded: address.bits &>> UInt128(shift)))
            }
        }
        var index = start
        while index < end {
            sum &+= UInt64(bytes[index]) << 8 | (index + 1 < end ? UInt64(bytes[index + 1]) : 0)
            index += 2
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        let checksum = ~UInt16(sum)
        bytes[start + 16] = UInt8(checksum >> 8)
        bytes[start + 17] = UInt8(checksum & 0xff)
    }
}
