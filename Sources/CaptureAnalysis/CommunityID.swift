import Crypto
import PacketDecoding
import WireFormat

/// Community ID flow hashing, version 1: the same text for a connection in every tool that has it.
enum CommunityID {
    /// The hash of a TCP connection with seed 0, "1:" and the base64 of a SHA-1.
    static func value(_ one: Endpoint, _ other: Endpoint) -> String {
        let ends = [bytes(one), bytes(other)].sorted { $0.lexicographicallyPrecedes($1) }
        let addressLength = ends[0].count - 2
        var input: [UInt8] = [0, 0]
        input += ends[0].prefix(addressLength) + ends[1].prefix(addressLength)
        input += [6, 0]
        input += ends[0].suffix(2) + ends[1].suffix(2)
        return "1:" + Base64.encode(Array(Insecure.SHA1.hash(data: input)))
    }

    /// Address and port in network byte order.
    private static func bytes(_ end: Endpoint) -> [UInt8] {
        let length = end.address.isIPv6 ? 16 : 4
        let address = (0..<length).map { UInt8(truncatingIfNeeded: end.address.bits >> UInt128(8 * (length - 1 - $0))) }
        return address + [UInt8(end.port >> 8), UInt8(truncatingIfNeeded: end.port)]
    }
}
