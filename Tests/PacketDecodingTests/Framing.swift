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
        inside("PPTP", .pptp()),
        inside("PPTP, acknowledgment", .pptp(acknowledgment: 1, addressAndControl: false)),
        inside("IP in IP", .ip),
        inside("Ethernet in IP", .ethernet),
        inside("MPLS in IP", .mpls(labels: [16, 17])),
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
