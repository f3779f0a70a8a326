import Foundation
public import PacketDecoding

extension IPAddress {
    /// Makes an address from text, as in `IPAddress("10.0.0.7")` or `IPAddress("::1")`; the text must be right.
    public init(_ text: String) {
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

    /// The 4 or 16 bytes of the address as they stand in an IP header.
    public var bytes: [UInt8] {
        isIPv6 ? bits.bigEndianBytes : UInt32(bits).bigEndianBytes
    }
}

extension Endpoint {
    /// Makes an endpoint from text, as in `Endpoint("10.0.0.7:53412")` or `Endpoint("[::1]:80")`; the text must be
    /// right.
    public init(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            preconditionFailure("not an endpoint: \(text)")
        }
        let address = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        self.init(address: IPAddress(address), port: port)
    }
}
