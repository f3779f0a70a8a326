import PacketDecoding
import TestSupport
import Testing
import WireFormat

/// A way to frame a datagram.
struct Framing: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let linkType: LinkType
    let packet: @Sendable (any IPDatagram) -> [UInt8]

    init(_ name: String, _ linkType: LinkType, _ packet: @escaping @Sendable (any IPDatagram) -> [UInt8]) {
        self.testDescription = name
        self.linkType = linkType
        self.packet = packet
    }

    /// A radiotap header (radiotap.org) with two words of fields: a timestamp and flags.
    static func radiotap(flags: UInt8) -> [UInt8] {
        [0, 0, 26, 0, 0x03, 0, 0, 0x80, 0, 0, 0, 0] + [0, 0, 0, 0] + Array(repeating: 9, count: 8) + [flags, 0xaa]
    }

    /// An IEEE 802.11 data frame (9.3.2.1) that begins with these two bytes.
    static func wireless(
        _ datagram: any IPDatagram, _ control: [UInt8] = [0x08, 0x01], isAggregate: Bool = false, padding: Int = 0
    ) -> [UInt8] {
        var bytes = control + [0, 0] + Array(repeating: 2, count: 18) + [0x10, 0]
        if control[1] & 3 == 3 { bytes += Array(repeating: 4, count: 6) }
        if control[0] & 0x80 != 0 {
            bytes += [isAggregate ? 0x80 : 0, 0]
            if control[1] & 0x80 != 0 { bytes += [1, 2, 3, 4] }
        }
        bytes += Array(repeating: 0, count: padding)
        let content = [0xaa, 0xaa, 3, 0, 0, 0] + datagram.etherType.bigEndianBytes + datagram.datagram
        if isAggregate { bytes += Array(repeating: 6, count: 12) + UInt16(content.count).bigEndianBytes }
        return bytes + content
    }

    /// Every supported framing.
    static let all: [Framing] =
        [
            Framing("Ethernet", .ethernet) { $0.ethernet() },
            Framing("802.1Q", .ethernet) { $0.ethernet(tags: [VLANTag()]) },
            Framing("802.1ad", .ethernet) { $0.ethernet(tags: [VLANTag(7, type: 0x88a8), VLANTag()]) },
            Framing("older QinQ", .ethernet) { $0.ethernet(tags: [VLANTag(7, type: 0x9100), VLANTag()]) },
            Framing("five tags", .ethernet) { $0.ethernet(tags: Array(repeating: VLANTag(), count: 5)) },
            Framing("802.3 with SNAP", .ethernet) { $0.ethernetSNAP() },
            Framing("802.1Q with SNAP", .ethernet) { $0.ethernetSNAP(tags: [VLANTag()]) },
            Framing("Linux cooked", .linuxCooked) { $0.linuxCooked() },
            Framing("Linux cooked, tagged", .linuxCooked) { $0.linuxCooked(tags: [VLANTag()]) },
            Framing("Linux cooked 2", .linuxCooked2) { $0.linuxCooked2() },
            Framing("Linux cooked 2, tagged", .linuxCooked2) { $0.linuxCooked2(tags: [VLANTag()]) },
            Framing("NULL, little-endian", .null) { $0.loopback() },
            Framing("NULL, big-endian", .null) { $0.loopback(bigEndian: true) },
            Framing("LOOP", .loop) { $0.loopback(bigEndian: true) },
            Framing("raw IP", .raw) { $0.datagram },
            Framing("raw IP of BSD", .rawBSD) { $0.datagram },
            Framing("raw IP of OpenBSD", .rawOpenBSD) { $0.datagram },
            Framing("PPP", .ppp) { $0.ppp() },
            Framing("PPP, compressed address", .ppp) { $0.ppp(addressAndControl: false) },
            Framing("PPP, compressed protocol", .ppp) { $0.ppp(compressedProtocol: true) },
            Framing("PPP, both compressed", .ppp) { $0.ppp(addressAndControl: false, compressedProtocol: true) },
            Framing("PPP in HDLC", .pppHDLC) { $0.ppp() },
            Framing("Cisco HDLC as PPP in HDLC", .pppHDLC) { $0.ciscoHDLC() },
            Framing("Cisco HDLC", .ciscoHDLC) { $0.ciscoHDLC() },
            Framing("PPP with direction", .pppWithDirection) { [1] + $0.ppp() },
            Framing("PPP with direction, compressed address", .pppWithDirection) {
                [0] + $0.ppp(addressAndControl: false)
            },
            Framing("pppd", .pppd) { [1] + $0.ppp().dropFirst() },
            Framing("Cisco HDLC with direction", .ciscoHDLCWithDirection) { [0] + $0.ciscoHDLC() },
            Framing("PPPoE link", .pppoe) { Array($0.ethernetPPPoE().dropFirst(14)) },
            Framing("MPLS link", .mpls) { Array($0.ethernetMPLS(labels: [16, 3]).dropFirst(14)) },
            Framing("IP over InfiniBand", .ipOverInfiniBand) { $0.ipOverInfiniBand() },
            Framing("NFLOG", .netfilterLog) { $0.netfilterLog() },
            Framing("NFLOG, big-endian", .netfilterLog) { $0.netfilterLog(bigEndian: true) },
            Framing("NFLOG of a bridge", .netfilterLog) { $0.netfilterLog(family: 7) },
            Framing("pflog", .packetFilterLog) { $0.packetFilterLog() },
            Framing("PKTAP", .pktap) { $0.pktap() },
            Framing("IEEE 802.11", .wireless) { wireless($0) },
            Framing("IEEE 802.11, quality of service", .wireless) { wireless($0, [0x88, 0x01]) },
            Framing("IEEE 802.11 between access points", .wireless) { wireless($0, [0x08, 0x03]) },
            Framing("IEEE 802.11 between access points, all of it", .wireless) { wireless($0, [0x88, 0x83]) },
            Framing("IEEE 802.11, one of several frames", .wireless) { wireless($0, [0x88, 0x02], isAggregate: true) },
            Framing("radiotap", .radiotap) { [0, 0, 8, 0, 0, 0, 0, 0] + wireless($0) },
            Framing("radiotap, padded after a timestamp", .radiotap) {
                radiotap(flags: 0x20) + wireless($0, [0x88, 0x02], padding: 2)
            },
            Framing("Prism", .prism) {
                [0x44, 0, 0, 0, 144, 0, 0, 0] + Array(repeating: 7, count: 136) + wireless($0)
            },
            Framing("AVS", .avs) {
                [0x80, 0x21, 0x10, 0x01, 0, 0, 0, 64] + Array(repeating: 7, count: 56) + wireless($0)
            },
            Framing("per-packet information", .packetInformation) {
                [0, 0, 12, 0, 105, 0, 0, 0, 1, 2, 3, 4] + wireless($0)
            },
            Framing("per-packet information before Ethernet", .packetInformation) {
                [0, 0, 8, 0, 1, 0, 0, 0] + $0.ethernet()
            },
            Framing("PKTAP, big-endian", .pktap) { $0.pktap(bigEndian: true) },
            Framing("HSR", .ethernet) { $0.ethernet(type: 0x892f, [0x00, 0x4a, 0x00, 0x01]) },
            Framing("VN-Tag", .ethernet) { $0.ethernet(type: 0x8926, [0x80, 0x01, 0x00, 0x07]) },
            Framing("VN-Tag, then 802.1Q", .ethernet) {
                $0.ethernet(type: 0x8926, [0x80, 0x01, 0x00, 0x07, 0x81, 0x00, 0, 42])
            },
            Framing("E-tag", .ethernet) { $0.ethernet(type: 0x893f, [0x10, 0, 0, 7, 0, 0]) },
            Framing("Cisco MetaData", .ethernet) { $0.ethernet(type: 0x8909, [1, 1, 0, 1, 0, 100]) },
            Framing("FabricPath", .ethernet) {
                [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x89, 0x03, 0x00, 0x60] + $0.ethernet()
            },
            Framing("FDDI", .fddi) { [0x50] + Array($0.ethernetSNAP().prefix(12)) + $0.ethernetSNAP().dropFirst(14) },
            Framing("ATM", .atm) { [UInt8]([0xaa, 0xaa, 3, 0, 0, 0]) + $0.etherType.bigEndianBytes + $0.datagram },
            Framing("Frame Relay", .frameRelay) { [0x18, 0x41, 0x03, $0.isIPv6 ? 0x8e : 0xcc] + $0.datagram },
            Framing("Frame Relay, long address", .frameRelay) {
                [0x18, 0x40, 0x00, 0x01, 0x03, $0.isIPv6 ? 0x8e : 0xcc] + $0.datagram
            },
            Framing("Frame Relay, SNAP", .frameRelay) {
                [0x18, 0x41, 0x03, 0x00, 0x80, 0, 0, 0] + $0.etherType.bigEndianBytes + $0.datagram
            },
            Framing("SLIP", .slip) { [1] + Array(repeating: 0, count: 15) + $0.datagram },
            Framing("BSD enc", .ipsecLog) { [2, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 1] + $0.datagram },
            Framing("Solaris IPNET", .solarisIPNET) {
                [1, $0.isIPv6 ? 26 : 2, 0, 1] + UInt32($0.datagram.count).bigEndianBytes
                    + Array(repeating: 0, count: 16) + $0.datagram
            },
            Framing("IP over IEEE 1394", .ipOverFireWire) {
                Array(repeating: 9, count: 16) + $0.etherType.bigEndianBytes + $0.datagram
            },
            Framing("netANALYZER", .netANALYZER) { [0x00, 0x00, 0x30, 0x00] + $0.ethernet() },
            Framing("netANALYZER, transparent", .netANALYZERTransparent) {
                [0, 0, 0x30, 0] + Array(repeating: 0x55, count: 7) + [0xd5] + $0.ethernet()
            },
            Framing("preamble", .ethernetWithPreamble) { Array(repeating: 0x55, count: 7) + [0xd5] + $0.ethernet() },
            Framing("Broadcom tag", .broadcomTag) { $0.ethernet(portTag: [0x00, 0x00, 0x00, 0x01]) },
            Framing("Broadcom tag, prepended", .broadcomPrependedTag) { [0, 0, 0, 1] + $0.ethernet() },
            Framing("Marvell tag", .marvellTag) { $0.ethernet(portTag: [0xc0, 0x08, 0x00, 0x00]) },
            Framing("Marvell tag with EtherType", .marvellEtherTypeTag) {
                $0.ethernet(portTag: [0xda, 0xda, 0, 0, 0xc0, 0x08, 0x00, 0x00])
            },
            Framing("MPLS", .ethernet) { $0.ethernetMPLS() },
            Framing("MPLS, upstream", .ethernet) { $0.ethernetMPLS(labels: [16, 17, 3], multicast: true) },
            Framing("pseudowire", .ethernet) { $0.ethernetMPLS(labels: [1, 2], pseudowire: true) },
            Framing("pseudowire, no control word", .ethernet) { $0.ethernetMPLS(pseudowire: true, controlWord: false) },
            Framing("PPPoE", .ethernet) { $0.ethernetPPPoE() },
            Framing("PPPoE, tagged", .ethernet) { $0.ethernetPPPoE(tags: [VLANTag()]) },
        ] + tunnels

    /// Tunnels, alone and inside each other, over both IP versions.
    static let tunnels: [Framing] = [
        inside("VXLAN", .vxlan(network: 7)),
        inside("VXLAN, port 8472", .vxlan(network: 0xff_ffff, port: 8472)),
        inside("Geneve", .geneve(network: 7)),
        inside("Geneve with options", .geneve(network: 7, options: Array(repeating: 0x80, count: 252))),
        inside("Geneve around IP", .geneve(network: 7, bridged: false)),
        inside("GRE", .gre()),
        inside("GRE, checksum", .gre(checksum: 0xbeef)),
        inside("GRE, key", .gre(key: 7)),
        inside("GRE, sequence", .gre(sequence: 1)),
        inside("GRE, all", .gre(checksum: 0xbeef, key: 7, sequence: 1)),
        inside("GRE around Ethernet", .gre(key: 7, bridged: true)),
        inGRE("WCCP 2", [0x88, 0x3e, 0, 0x33, 0, 1]),
        inGRE("PPP in GRE", [0x88, 0x0b, 0xff, 0x03], isPPP: true),
        inside("PPTP", .pptp()),
        inside("PPTP, acknowledgment", .pptp(acknowledgment: 1, addressAndControl: false)),
        inside("IP in IP", .ip),
        inside("Ethernet in IP", .ethernet),
        inside("MPLS in IP", .mpls(labels: [16, 17])),
        inside("ERSPAN I", .erspan(type: 1)),
        inside("ERSPAN II", .erspan(type: 2)),
        inside("ERSPAN III", .erspan(type: 3)),
        inside("ERSPAN III, subheader", .erspan(type: 3, subheader: true)),
        inside("ERSPAN III around IP", .erspan(type: 3, bridged: false)),
        inside("GTP-U", .gtpUser(endpoint: 5)),
        inside("GTP-U, sequence", .gtpUser(endpoint: 5, sequence: 9)),
        inside("GTP-U, extension", .gtpUser(endpoint: 5, extensions: [[1, 0x10, 9]])),
        inside("GTP-U, all", .gtpUser(endpoint: 5, sequence: 9, extensions: [[1, 0x10, 9], [2, 1, 2, 3, 4, 5, 6]])),
        inside("TZSP", .tzsp()),
        inside("TZSP, fields", .tzsp(fields: [0, 0x0a, 1, 0xc4, 0x28, 4, 0, 0, 0, 9, 0x12, 0])),
        inside("L2TP", .l2tp()),
        inside("L2TP, length", .l2tp(length: true)),
        inside("L2TP, all", .l2tp(length: true, sequence: true, offset: 3)),
        inside("L2TP from a server", .l2tp(fromServer: true)),
        inside("L2TPv3", .l2tpSession()),
        inside("L2TPv3, cookie", .l2tpSession(cookie: 4)),
        inside("L2TPv3, all", .l2tpSession(cookie: 8, sublayer: true)),
        inside("L2TPv3 of Linux", .l2tpSession(overUDP: true, sublayer: true)),
        inside("L2TPv3 around PPP", .l2tpSession(overUDP: true, cookie: 4, bridged: false)),
        inside("IP in VXLAN", .ip, .vxlan(network: 7)),
        inside("VXLAN in Geneve in GRE in IP", .vxlan(network: 7), .geneve(network: 8), .gre(key: 9), .ip),
        Framing("GRE in IPv6", .ethernet) { $0.inside(.gre(), from: Outer.source, to: Outer.destination).ethernet() },
        Framing("IP in IPv6", .ethernet) { $0.inside(.ip, from: Outer.source, to: Outer.destination).ethernet() },
        Framing("VXLAN in IPv6", .raw) {
            $0.inside(.vxlan(network: 7), from: Outer.source, to: Outer.destination).datagram
        },
        Framing("MPLS in IPv6", .raw) {
            $0.inside(.mpls(labels: [3]), from: Outer.source, to: Outer.destination).datagram
        },
        Framing("GRE over MPLS", .ethernet) { $0.inside(.gre()).ethernetMPLS() },
        Framing("VXLAN over PPPoE", .ethernet) { $0.inside(.vxlan(network: 7)).ethernetPPPoE() },
    ]

    /// An Ethernet packet with the datagram in GRE, after a protocol number and further bytes.
    private static func inGRE(_ name: String, _ start: [UInt8], isPPP: Bool = false) -> Framing {
        Framing(name, .ethernet) { datagram in
            let rest = isPPP ? datagram.ppp(addressAndControl: false) : datagram.datagram
            return IPv4Datagram(
                from: IPAddress("192.0.2.1"), to: IPAddress("192.0.2.2"), protocolNumber: 47,
                payload: [0, 0] + start + rest
            ).ethernet()
        }
    }

    /// An Ethernet packet with the datagram in tunnels, the innermost first.
    private static func inside(_ name: String, _ tunnels: Tunnel...) -> Framing {
        Framing(name, .ethernet) { datagram in
            tunnels.reduce(datagram) { inner, tunnel in inner.inside(tunnel) }.ethernet()
        }
    }

    private enum Outer {
        static let source = IPAddress("2001:db8:ffff::1")
        static let destination = IPAddress("2001:db8:ffff::2")
    }
}

extension IPDatagram {
    /// An Ethernet packet with a tag after its own EtherType.
    fileprivate func ethernet(type: UInt16, _ tag: [UInt8]) -> [UInt8] {
        let frame = ethernet()
        return Array(frame[..<12]) + type.bigEndianBytes + tag + frame[12...]
    }

    /// An Ethernet packet with a switch's tag between the addresses and the EtherType.
    fileprivate func ethernet(portTag tag: [UInt8]) -> [UInt8] {
        let frame = ethernet()
        return Array(frame[..<12]) + tag + frame[12...]
    }
}
