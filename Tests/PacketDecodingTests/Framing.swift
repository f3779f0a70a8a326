import TestSupport
import Testing
import WireFormat

/// A way to put a datagram into a packet.
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
    static let all: [Framing] = [
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
    ]
}
