/// One end of a connection: address and port.
@frozen
public struct Endpoint: Hashable, Sendable {
    /// The address.
    public let address: IPAddress
    /// The port, 0 to 65535.
    public let port: UInt16

    /// Creates an endpoint.
    @inlinable
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension Endpoint: CustomStringConvertible {
    /// Address and port: 10.0.0.7:53412, or with an IPv6 address [::1]:80 (RFC 5952 6).
    public var description: String {
        address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

/// An IPv4 or IPv6 address.
@frozen
public struct IPAddress: Hashable, Sendable {
    /// The address as a big-endian number; an IPv4 address is in the low 32 bits.
    public let bits: UInt128
    /// Whether it is an IPv6 address.
    public let isIPv6: Bool

    /// Creates an IPv4 address from its number (127.0.0.1 is 0x7f000001).
    @inlinable
    public init(ipv4 bits: UInt32) {
        self.bits = UInt128(bits)
        self.isIPv6 = false
    }

    /// Creates an IPv6 address from its number (::1 is 1).
    @inlinable
    public init(ipv6 bits: UInt128) {
        self.bits = bits
        self.isIPv6 = true
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address in text: 10.0.0.7, or for IPv6 the form of RFC 5952.
    public var description: String {
        guard isIPv6 else { return Self.dottedQuad(UInt32(truncatingIfNeeded: bits)) }
        // RFC 5952 5: an IPv4-mapped address (RFC 4291 2.5.5.2) ends in a dotted quad.
        if bits &>> 32 == 0xffff { return "::ffff:" + Self.dottedQuad(UInt32(truncatingIfNeeded: bits)) }

        let run = longestZeroRun
        var text = ""
        for index in 0..<8 {
            if run.contains(index) {
                if index == run.lowerBound { text += "::" }
                continue
            }
            if index != 0, index != run.upperBound { text += ":" }
            text += String(group(index), radix: 16)
        }
        return text
    }

    /// One of the eight 16-bit groups of an IPv6 address, 0 being the leftmost.
    private func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: bits &>> UInt128(112 &- 16 &* index))
    }

    /// The groups that "::" replaces (RFC 5952 4.2): the longest run of zeros, the first of equal ones, never a single
    /// group.
    ///
    /// If there is none, an empty range after the last group.
    private var longestZeroRun: Range<Int> {
        var longest = 8..<8
        var start = 0
        for index in 0..<8 {
            if group(index) != 0 {
                start = index + 1
            } else if index + 1 - start > max(longest.count, 1) {
                longest = start..<(index + 1)
            }
        }
        return longest
    }

    private static func dottedQuad(_ bits: UInt32) -> String {
        // Written digit by digit: strings for the numbers would cost seven times as much, on every connection.
        unsafe String(unsafeUninitializedCapacity: 15) { text in
            var end = 0
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                let byte = UInt8(truncatingIfNeeded: bits >> shift)
                if shift < 24 { append(UInt8(ascii: ".")) }
                if byte >= 100 { append(UInt8(ascii: "0") + byte / 100) }
                if byte >= 10 { append(UInt8(ascii: "0") + byte / 10 % 10) }
                append(UInt8(ascii: "0") + byte % 10)
            }
            return end

            func append(_ character: UInt8) {
                unsafe text[end] = character
                end += 1
            }
        }
    }
}
