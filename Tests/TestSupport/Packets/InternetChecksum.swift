/// The checksum of IPv4 and TCP (RFC 1071): 0 for bytes that hold their own right checksum.
public func internetChecksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
        sum += index.isMultiple(of: 2) ? UInt32(byte) << 8 : UInt32(byte)
        sum = sum & 0xffff + sum >> 16
    }
    return ~UInt16(sum)
}
