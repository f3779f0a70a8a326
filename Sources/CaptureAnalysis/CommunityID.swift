import Crypto
import PacketDecoding
import WireFormat

/// Community ID flow hashing, version 1: the same text for a connection in every tool that has it.
enum CommunityID {
    /// The hash of a TCP connection with seed 0, "1:" and the base64 of a SHA-1.
    static func value(_ one: Endpoint, _ other: Endpoint) -> String {
        let ends = [one, other].sorted { ($0.address.bits, $0.port) < ($1.address.bits, $1.port) }
        var input: [UInt8] = [0, 0]
        for end in ends { append(end.address, to: &input) }
        input += [6, 0]
        for end in ends { input += [UInt8(end.port >> 8), UInt8(truncatingIfNeeded: end.port)] }
        let text = unsafe Insecure.SHA1.hash(data: input).withUnsafeBytes { digest in
            unsafe Base64.encode(Span(_unsafeBytes: digest))
        }
        return "1:" + text
    }

    /// Appends an address in network byte order.
    private static func append(_ address: IPAddress, to input: inout [UInt8]) {
        for shift in stride(from: address.isIPv6 ? 120 : 24, through: 0, by: -8) {
            input.append(UInt8(truncatingIfNeeded: address.bits >> UInt128(shift)))
        }
    }
}
