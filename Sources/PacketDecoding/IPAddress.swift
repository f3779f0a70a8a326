/// An IPv4 or IPv6 address.
@frozen
public struct IPAddress: Hashable, Sendable {
    /// The address as a big-endian number; an IPv4 address is in the low 32 bits.
    public let bits: UInt128
    /// Whether it is an IPv6 address.
    public let isIPv6: Bool

    /// Makes an IPv4 address from its number (127.0.0.1 is 0x7f000001).
    @inlinable
    public init(ipv4 bits: UInt32) {
        self.bits = UInt128(bits)
        self.isIPv6 = false
    }

    /// Makes an IPv6 address from its number (::1 is 1).
    @inlinable
    public init(ipv6 bits: UInt128) {
        self.bits = bits
        self.isIPv6 = true
    }
}
