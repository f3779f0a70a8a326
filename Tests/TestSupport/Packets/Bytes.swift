import Foundation
package import PacketDecoding
package import WireFormat

extension IPAddress {
    /// Creates an address from text, as in `IPAddress("10.0.0.7")` or `IPAddress("::1")`; the text must be valid.
    package init(_ text: String) {
        if text.contains(":") {
            var address = in6_addr()
            precondition(inet_pton(AF_INET6, text, &address) == 1, "not an IPv6 address: \(text)")
            self.init(ipv6: withUnsafeBytes(of: &address) { bytes in bytes.reduce(0) { $0 << 8 | UInt128($1) } })
        } else {
            var address = in_addr()
            precondition(inet_pton(AF_INET, text, &address) == 1, "not an IPv4 address: \(text)")
            self.init(ipv4: UInt32(bigEndian: address.s_addr))
        }
    }

    /// The 4 or 16 bytes of the address, as in an IP header.
    package var bytes: [UInt8] {
        isIPv6 ? bits.bigEndianBytes : UInt32(bits).bigEndianBytes
    }
}

extension Endpoint {
    /// Creates an endpoint from text, as in `Endpoint("10.0.0.7:53412")` or `Endpoint("[::1]:80")`; the text must be
    /// valid.
    package init(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            preconditionFailure("not an endpoint: \(text)")
        }
        let address = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        self.init(address: IPAddress(address), port: port)
    }
}

extension [UInt8] {
    /// Passes these bytes on as a captured packet; its original length is their number, unless another is given.
    package func withPacket<Result>(
        number: UInt64 = 1, time: Timestamp = Timestamp(nanoseconds: 0), linkType: LinkType = .ethernet,
        originalLength: Int? = nil, _ body: (borrowing CapturedPacket) throws -> Result
    ) rethrows -> Result {
        try body(
            CapturedPacket(
                number: number, time: time, linkType: linkType, originalLength: originalLength ?? count, bytes: span))
    }
}

extension FixedWidthInteger {
    /// The integer in network byte order.
    package var bigEndianBytes: [UInt8] {
        withUnsafeBytes(of: bigEndian) { Array($0) }
    }

    /// The integer in little-endian byte order.
    package var littleEndianBytes: [UInt8] {
        withUnsafeBytes(of: littleEndian) { Array($0) }
    }
}

/// The checksum of IPv4 and TCP (RFC 1071): 0 for bytes that contain their own correct checksum.
package func internetChecksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
        sum += index.isMultiple(of: 2) ? UInt32(byte) << 8 : UInt32(byte)
        sum = sum & 0xffff + sum >> 16
    }
    return ~UInt16(sum)
}
