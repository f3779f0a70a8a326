/// An IPv4 or IPv6 datagram that can be put into packets of every link type.
package protocol IPDatagram {
    /// The bytes from the IP header on: a packet of `LinkType.raw`.
    var datagram: [UInt8] { get }
}

extension IPDatagram {
    /// Whether it is an IPv6 datagram.
    package var isIPv6: Bool { datagram[0] >> 4 == 6 }

    /// The EtherType that announces it.
    package var etherType: UInt16 { isIPv6 ? 0x86dd : 0x0800 }

    /// A packet of `LinkType.ethernet` with the given VLAN tags, the outermost first, and with padding or a trailer
    /// after the datagram.
    package func ethernet(tags: [VLANTag] = [], trailer: [UInt8] = []) -> [UInt8] {
        ethernetFrame(tags: tags, typeOrLength: etherType, content: datagram, trailer: trailer)
    }

    /// A packet of `LinkType.ethernet` with a length in place of a type (IEEE 802.3), and LLC and SNAP (RFC 1042).
    package func ethernetSNAP(tags: [VLANTag] = [], trailer: [UInt8] = []) -> [UInt8] {
        let content = [0xaa, 0xaa, 0x03, 0, 0, 0] + etherType.bigEndianBytes + datagram
        return ethernetFrame(tags: tags, typeOrLength: UInt16(content.count), content: content, trailer: trailer)
    }

    /// A packet of `LinkType.linuxCooked`.
    package func linuxCooked(tags: [VLANTag] = []) -> [UInt8] {
        let (types, content) = tagged(tags, typeOrLength: etherType, content: datagram)
        return [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + types + content
    }

    /// A packet of `LinkType.linuxCooked2`.
    package func linuxCooked2(tags: [VLANTag] = []) -> [UInt8] {
        let (types, content) = tagged(tags, typeOrLength: etherType, content: datagram)
        return types + [0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + content
    }

    /// A packet of `LinkType.null` or `LinkType.loop`: the address family, in either byte order, and the datagram.
    package func loopback(family: UInt32? = nil, bigEndian: Bool = false) -> [UInt8] {
        let family = family ?? (isIPv6 ? 30 : 2)
        return (bigEndian ? family.bigEndianBytes : family.littleEndianBytes) + datagram
    }

    /// A packet of `LinkType.ppp` or `LinkType.pppHDLC`.
    package func ppp(addressAndControl: Bool = true, compressedProtocol: Bool = false) -> [UInt8] {
        let number: UInt8 = isIPv6 ? 0x57 : 0x21
        return (addressAndControl ? [0xff, 0x03] : []) + (compressedProtocol ? [number] : [0, number]) + datagram
    }

    /// A packet of `LinkType.netfilterLog`: a message of the address family with the EtherType, a prefix of 5 bytes
    /// with padding, and the datagram.
    package func netfilterLog(family: UInt8? = nil, bigEndian: Bool = false) -> [UInt8] {
        func attribute(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
            let length = UInt16(content.count + 4)
            let header =
                bigEndian
                ? length.bigEndianBytes + type.bigEndianBytes : length.littleEndianBytes + type.littleEndianBytes
            return header + content + Array(repeating: 0, count: (4 - content.count % 4) % 4)
        }
        return [family ?? (isIPv6 ? 10 : 2), 0, 0, 5] + attribute(1, etherType.bigEndianBytes + [1, 0])
            + attribute(10, Array("tap1\0".utf8)) + attribute(9, datagram)
    }

    /// A packet of `LinkType.packetFilterLog`, with FreeBSD's header of 61 bytes, and padding.
    package func packetFilterLog() -> [UInt8] {
        [61, isIPv6 ? 28 : 2] + Array(repeating: 0, count: 62) + datagram
    }

    /// A packet of `LinkType.pktap` around an Ethernet packet.
    package func pktap(bigEndian: Bool = false) -> [UInt8] {
        let numbers: [UInt32] = [108, 1, 1]
        return numbers.flatMap { bigEndian ? $0.bigEndianBytes : $0.littleEndianBytes }
            + Array(repeating: 0x65, count: 96) + ethernet()
    }

    /// A packet of `LinkType.ipOverInfiniBand`.
    package func ipOverInfiniBand() -> [UInt8] {
        Array(repeating: 0xfe, count: 40) + etherType.bigEndianBytes + [0, 0] + datagram
    }

    /// A packet of `LinkType.ciscoHDLC` or `LinkType.pppHDLC`.
    package func ciscoHDLC() -> [UInt8] {
        [0x0f, 0x00] + etherType.bigEndianBytes + datagram
    }

    func ethernetFrame(
        tags: [VLANTag], typeOrLength: UInt16, content: [UInt8], trailer: [UInt8]
    ) -> [UInt8] {
        let (type, content) = tagged(tags, typeOrLength: typeOrLength, content: content)
        return [2, 0, 0, 0, 0, 2] + [2, 0, 0, 0, 0, 1] + type + content + trailer
    }

    /// The type of the outermost tag, and everything after it.
    private func tagged(_ tags: [VLANTag], typeOrLength: UInt16, content: [UInt8]) -> ([UInt8], [UInt8]) {
        tags.reversed().reduce((typeOrLength.bigEndianBytes, content)) { inner, tag in
            (tag.type.bigEndianBytes, tag.vlan.bigEndianBytes + inner.0 + inner.1)
        }
    }
}
