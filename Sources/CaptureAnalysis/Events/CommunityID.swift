import PacketDecoding
import WireFormat

/// Community ID flow hashing, version 1: the same text for a connection in every tool that has it.
enum CommunityID {
    private static let seed: UInt16 = 0
    /// The protocol's number, and a byte of padding.
    private static let tcpAndPadding: UInt16 = 0x0600

    /// The hash of a TCP connection with seed 0, "1:" and the base64 of a SHA-1.
    static func value(_ one: Endpoint, _ other: Endpoint) -> String {
        let isInOrder = (one.address.bits, one.port) <= (other.address.bits, other.port)
        let (first, second) = isInOrder ? (one, other) : (other, one)
        var input: [UInt8] = []
        input.reserveCapacity(40)
        append(seed, to: &input)
        append(first.address, to: &input)
        append(second.address, to: &input)
        append(tcpAndPadding, to: &input)
        append(first.port, to: &input)
        append(second.port, to: &input)
        return "1:" + SHA1.base64(of: input.span)
    }

    /// Appends an address in network byte order.
    private static func append(_ address: IPAddress, to input: inout [UInt8]) {
        for shift in stride(from: address.isIPv6 ? 112 : 16, through: 0, by: -16) {
            append(UInt16(truncatingIfNeeded: address.bits &>> UInt128(shift)), to: &input)
        }
    }

    /// Appends a number in network byte order.
    private static func append(_ number: UInt16, to input: inout [UInt8]) {
        input.append(UInt8(number >> 8))
        input.append(UInt8(truncatingIfNeeded: number))
    }
}
