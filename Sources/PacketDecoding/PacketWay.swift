import WireFormat

/// The path of a packet: the tunnels and VLAN that it is in and, on Ethernet, the host that it goes to.
package struct PacketWay: Hashable, Sendable {
    /// Where its IP header begins, which depends on the tunnels around it.
    ///
    /// A priority-only VLAN tag does not count.
    package let place: UInt16
    /// The link address in the low 48 bits, then bit 48, then the VLAN (IEEE 802.1Q); nil if it is not on Ethernet.
    package let address: UInt64?

    /// Reads the path of a packet.
    ///
    /// - Parameters:
    ///   - start: Where its innermost IP header begins.
    ///   - bytes: The packet.
    ///   - place: Where the link address is: 0 for the receiver's, 6 for the sender's.
    package init(_ start: Int, in bytes: Span<UInt8>, addressAt place: Int = 0) {
        let isTagged = start == 18 && Self.isVLANTag(at: 12, in: bytes) || Self.hasTwoPriorities(start, in: bytes)
        let vlan = isTagged ? bytes.bigEndianUInt16(at: 14) & 0xfff : 0
        self.place = isTagged && vlan == 0 ? 14 : UInt16(truncatingIfNeeded: start)
        let isAddressed = start == 14 || isTagged
        address = isAddressed ? Self.linkAddress(in: bytes, at: place) | UInt64(vlan) &<< 49 : nil
    }

    /// A link address in the low 48 bits, in host byte order, and bit 48.
    @inlinable @inline(__always)
    package static func linkAddress(in bytes: Span<UInt8>, at place: Int = 0) -> UInt64 {
        bytes.littleEndianUInt64(at: place) & 0xffff_ffff_ffff | 1 &<< 48
    }

    /// Whether an EtherType is that of a VLAN tag: IEEE 802.1Q, or 802.1ad.
    private static func isVLANTag(at place: Int, in bytes: Span<UInt8>) -> Bool {
        let type = bytes.bigEndianUInt16(at: place)
        return type == 0x8100 || type == 0x88a8
    }

    /// Whether two VLAN tags before an IP header have only a priority each.
    private static func hasTwoPriorities(_ start: Int, in bytes: Span<UInt8>) -> Bool {
        start == 22 && isVLANTag(at: 12, in: bytes) && isVLANTag(at: 16, in: bytes)
            && (bytes.bigEndianUInt16(at: 14) | bytes.bigEndianUInt16(at: 18)) & 0xfff == 0
    }
}
