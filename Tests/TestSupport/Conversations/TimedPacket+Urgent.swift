import PacketDecoding
import WireFormat

extension TimedPacket {
    /// Sets the flag and the pointer in a TCP packet in an Ethernet frame, and corrects the checksum.
    ///
    /// - Parameter pointer: The pointer.
    package mutating func setUrgent(_ pointer: UInt16) {
        bytes[34 + 13] |= TCPFlags.urg.rawValue
        bytes.replaceSubrange(52..<54, with: pointer.bigEndianBytes)
        bytes.replaceSubrange(50..<52, with: [0, 0])
        let segment = Array(bytes[34...])
        let header = Array(bytes[26..<34]) + [0, 6] + UInt16(segment.count).bigEndianBytes
        bytes.replaceSubrange(50..<52, with: internetChecksum(header + segment).bigEndianBytes)
    }
}
