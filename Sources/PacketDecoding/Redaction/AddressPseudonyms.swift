import WireFormat

/// Replaces addresses by others that share as long a prefix as the originals did, and reveal nothing else about them.
///
/// A keyed hash of the preceding bits decides whether a bit is flipped, so the map is one to one. Ranges with a meaning
/// of their own, such as private networks, are mapped onto themselves.
package struct AddressPseudonyms: Sendable {
    private let key: (UInt64, UInt64)
    private var known: [IPAddress: IPAddress] = [:]

    /// The most addresses that are remembered, since each takes one hash per bit.
    private static var maximumKnown: Int { 4096 }

    /// - Parameter key: Secret numbers.
    package init(key: (UInt64, UInt64)) {
        self.key = key
    }

    /// The pseudonym of an address.
    package mutating func address(_ original: IPAddress) -> IPAddress {
        if let address = known[original] { return address }
        let address =
            original.isIPv6
            ? IPAddress(ipv6: map(original.bits, width: 128, Self.ranges6))
            : IPAddress(ipv4: UInt32(truncatingIfNeeded: map(original.bits, width: 32, Self.ranges4)))
        if known.count >= Self.maximumKnown { known.removeAll(keepingCapacity: true) }
        known[original] = address
        return address
    }

    /// The pseudonym of a hardware address: a group address stays one; zero and the broadcast address stay as they are.
    package func hardware(_ original: [UInt8]) -> [UInt8] {
        guard original.contains(where: { $0 != 0 }), original.contains(where: { $0 != 0xff }) else { return original }
        let digest = hash(original.reduce(0) { $0 &<< 8 | UInt128($1) }, 255)
        return original.indices.map { index in
            index == 0 ? digest[0] & 0xfc | 2 | original[0] & 1 : digest[index % 20]
        }
    }

    private func map(_ original: UInt128, width: Int, _ ranges: [(UInt128, Int, isKept: Bool)]) -> UInt128 {
        var result: UInt128 = 0
        for index in 0..<width {
            let bit = original &>> UInt128(width &- 1 &- index) & 1
            let prefix = index == 0 ? 0 : original &>> UInt128(width &- index)
            // Bits on the way to a range are kept, and all bits within one that stays.
            let isFixed = ranges.contains { (start, length, isKept) in
                let shared = min(index, length)
                guard index < length || isKept else { return false }
                return shared == 0 || start &>> UInt128(width &- shared) == original &>> UInt128(width &- shared)
            }
            result = result &<< 1 | (isFixed ? bit : bit ^ UInt128(hash(prefix, UInt8(index))[0] & 1))
        }
        return result
    }

    private func hash(_ value: UInt128, _ tweak: UInt8) -> InlineArray<20, UInt8> {
        var input: [UInt8] = [tweak]
        for number in [key.0, key.1, UInt64(truncatingIfNeeded: value &>> 64), UInt64(truncatingIfNeeded: value)] {
            for shift in stride(from: 56, through: 0, by: -8) {
                input.append(UInt8(truncatingIfNeeded: number &>> UInt64(shift)))
            }
        }
        let digest = SHA256.digest(of: input.span)
        return InlineArray { digest[$0] }
    }

    /// Loopback, private, shared and link-local addresses, and multicast groups (RFC 6890, RFC 5771).
    private static let ranges4: [(UInt128, Int, isKept: Bool)] = [
        (0x0000_0000, 8, true), (0x7f00_0000, 8, true), (0x0a00_0000, 8, false), (0xa9fe_0000, 16, false),
        (0xac10_0000, 12, false), (0xc0a8_0000, 16, false), (0x6440_0000, 10, false), (0xe000_0000, 3, false),
        (0xffff_ffff, 32, true),
    ]

    /// The same for IPv6 (RFC 4291 2.4).
    private static let ranges6: [(UInt128, Int, isKept: Bool)] = [
        (0, 127, true), (UInt128(0xfc) << 120, 7, false), (UInt128(0xfe80) << 112, 10, false),
        (UInt128(0xff) << 120, 16, false), (UInt128(1) << 125, 3, false),
    ]
}
