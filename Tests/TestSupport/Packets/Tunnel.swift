package import PacketDecoding

/// A tunnel between two hosts for datagrams.
package enum Tunnel: Sendable {
    /// VXLAN over UDP, around an Ethernet frame.
    case vxlan(network: UInt32, port: UInt16 = 4789)
    /// Geneve over UDP, around an Ethernet frame or, if not `bridged`, around the datagram; options must have a
    /// multiple of 4 bytes.
    case geneve(network: UInt32, options: [UInt8] = [], bridged: Bool = true)
    /// GRE with the given fields, around an Ethernet frame if `bridged`.
    case gre(checksum: UInt16? = nil, key: UInt32? = nil, sequence: UInt32? = nil, bridged: Bool = false)
    /// PPTP: GRE of version 1 around PPP.
    case pptp(acknowledgment: UInt32? = nil, addressAndControl: Bool = true)
    /// IP in IP: IPv4 or IPv6 in either of them.
    case ip
    /// Ethernet in IP, protocol 143.
    case ethernet
    /// MPLS in IP, protocol 137.
    case mpls(labels: [UInt32])
    /// ERSPAN of type 1, 2 or 3, a mirror, in GRE; type 3 optionally has a platform-specific subheader, and is around
    /// IP alone if not `bridged`.
    case erspan(type: Int, subheader: Bool = false, bridged: Bool = true)
    /// GTP-U over UDP, with a sequence number or, after it, extension headers.
    case gtpUser(endpoint: UInt32, sequence: UInt16? = nil, extensions: [[UInt8]] = [])
    /// TZSP over UDP around an Ethernet frame, with tagged fields before the end tag.
    case tzsp(fields: [UInt8] = [])
    /// L2TP version 2 over UDP around PPP: optionally with its length, a sequence number, and an offset of this many
    /// bytes.
    case l2tp(length: Bool = false, sequence: Bool = false, offset: Int? = nil, fromServer: Bool = false)
    /// L2TPv3 over IP or UDP, around Ethernet or PPP, with a cookie of this many bytes and optionally a sublayer.
    case l2tpSession(overUDP: Bool = false, cookie: Int = 0, sublayer: Bool = false, bridged: Bool = true)

    /// The IP protocol number of the tunnel's content.
    fileprivate func protocolNumber(_ inner: some IPDatagram) -> UInt8 {
        switch self {
        case .vxlan, .geneve, .gtpUser, .tzsp, .l2tp, .l2tpSession(overUDP: true, cookie: _, sublayer: _, bridged: _):
            17
        case .l2tpSession: 115
        case .gre, .pptp, .erspan: 47
        case .ip: inner.isIPv6 ? 41 : 4
        case .ethernet: 143
        case .mpls: 137
        }
    }

    /// The bytes after the outer IP header.
    fileprivate func content(_ inner: some IPDatagram) -> [UInt8] {
        switch self {
        case .vxlan(let network, let port):
            return Self.udp(to: port, [0x08, 0, 0, 0] + (network << 8).bigEndianBytes + inner.ethernet())
        case .geneve(let network, let options, let bridged):
            let header = [UInt8(options.count / 4), 0] + Self.type(inner, bridged).bigEndianBytes
            let payload = bridged ? inner.ethernet() : inner.datagram
            return Self.udp(to: 6081, header + (network << 8).bigEndianBytes + options + payload)
        case .gre(let checksum, let key, let sequence, let bridged):
            var flags: UInt16 = 0
            var fields: [UInt8] = []
            if let checksum { (flags, fields) = (flags | 0x8000, fields + checksum.bigEndianBytes + [0, 0]) }
            if let key { (flags, fields) = (flags | 0x2000, fields + key.bigEndianBytes) }
            if let sequence { (flags, fields) = (flags | 0x1000, fields + sequence.bigEndianBytes) }
            let payload = bridged ? inner.ethernet() : inner.datagram
            return flags.bigEndianBytes + Self.type(inner, bridged).bigEndianBytes + fields + payload
        case .pptp(let acknowledgment, let addressAndControl):
            let payload = inner.ppp(addressAndControl: addressAndControl)
            let flags: UInt16 = 0x3001 | (acknowledgment == nil ? 0 : 0x80)
            return flags.bigEndianBytes + [0x88, 0x0b] + UInt16(payload.count).bigEndianBytes + [0, 9]
                + UInt32(1).bigEndianBytes + (acknowledgment?.bigEndianBytes ?? []) + payload
        case .ip: return inner.datagram
        case .ethernet: return inner.ethernet()
        case .mpls(let labels): return labelStack(labels) + inner.datagram
        case .erspan(let type, let subheader, let bridged):
            let payload = bridged ? inner.ethernet() : inner.datagram
            switch type {
            case 1: return [0, 0, 0x88, 0xbe] + payload
            case 2: return [0x10, 0, 0x88, 0xbe, 0, 0, 0, 7, 0x10, 0x64, 0x18, 5, 0, 0, 0, 9] + payload
            default:
                let flags: [UInt8] = [bridged ? 0x80 : 0x08, subheader ? 0x01 : 0x00]
                return [0x10, 0, 0x22, 0xeb, 0, 0, 0, 7, 0x20, 0x64, 0, 5, 1, 2, 3, 4, 0, 0] + flags
                    + (subheader ? [0x10, 0, 0, 0, 0, 0, 0, 1] : []) + payload
            }
        case .gtpUser(let endpoint, let sequence, let extensions):
            let isLong = sequence != nil || !extensions.isEmpty
            let flags: UInt8 = 0x30 | (sequence == nil ? 0 : 2) | (extensions.isEmpty ? 0 : 4)
            // Extension headers are given without the type of the next one: 0x85 stands for all of them.
            let fields: [UInt8] = isLong ? (sequence ?? 0).bigEndianBytes + [0, extensions.isEmpty ? 0 : 0x85] : []
            let headers = extensions.enumerated().flatMap { index, header -> [UInt8] in
                header + [index == extensions.count - 1 ? 0 : 0x85]
            }
            let payload = fields + headers + inner.datagram
            return Self.udp(
                to: 2152, [flags, 255] + UInt16(payload.count).bigEndianBytes + endpoint.bigEndianBytes + payload)
        case .tzsp(let fields): return Self.udp(to: 37008, [1, 0, 0, 1] + fields + [1] + inner.ethernet())
        case .l2tp(let length, let sequence, let offset, let fromServer):
            let payload = inner.ppp()
            var flags: UInt16 = 2
            var fields: [UInt8] = [0, 9, 0, 7]
            if sequence { (flags, fields) = (flags | 0x0800, fields + [0, 1, 0, 0]) }
            if let offset {
                flags |= 0x0200
                fields += UInt16(offset).bigEndianBytes + Array(repeating: 0xee, count: offset)
            }
            if length {
                flags |= 0x4000
                fields = UInt16(fields.count + payload.count + 4).bigEndianBytes + fields
            }
            let message = flags.bigEndianBytes + fields + payload
            return fromServer ? Self.udp(from: 1701, to: 49_152, message) : Self.udp(to: 1701, message)
        case .l2tpSession(let overUDP, let cookie, let sublayer, let bridged):
            let session: [UInt8] = [0, 0, 0x12, 0x34] + Array(repeating: 0xc5, count: cookie)
            let payload = session + (sublayer ? [0x40, 0, 0, 1] : []) + (bridged ? inner.ethernet() : inner.ppp())
            return overUDP ? Self.udp(to: 1701, [0, 3, 0, 0] + payload) : payload
        }
    }

    private static func type(_ inner: some IPDatagram, _ bridged: Bool) -> UInt16 {
        bridged ? 0x6558 : inner.etherType
    }

    private static func udp(from source: UInt16 = 49_152, to port: UInt16, _ payload: [UInt8]) -> [UInt8] {
        source.bigEndianBytes + port.bigEndianBytes + UInt16(payload.count + 8).bigEndianBytes + [0, 0]
            + payload
    }
}

/// MPLS labels, of which the last is the bottom of the stack (RFC 3032 2.1).
func labelStack(_ labels: [UInt32]) -> [UInt8] {
    labels.enumerated().flatMap { index, label in
        (label << 12 | (index == labels.count - 1 ? 0x100 : 0) | 64).bigEndianBytes
    }
}

extension IPDatagram {
    /// The datagram in a tunnel between these ends, over IPv4 or IPv6 depending on their addresses.
    package func inside(
        _ tunnel: Tunnel, from source: IPAddress = IPAddress("192.0.2.1"),
        to destination: IPAddress = IPAddress("192.0.2.2")
    ) -> any IPDatagram {
        let number = tunnel.protocolNumber(self)
        let payload = tunnel.content(self)
        guard source.isIPv6 else {
            return IPv4Datagram(from: source, to: destination, protocolNumber: number, payload: payload)
        }
        return IPv6Datagram(from: source, to: destination, protocolNumber: number, payload: payload)
    }

    /// A packet of `LinkType.ethernet` with MPLS labels before the datagram or, for a pseudowire, before an Ethernet
    /// frame with or without a control word.
    package func ethernetMPLS(
        labels: [UInt32] = [16], pseudowire: Bool = false, controlWord: Bool = true, multicast: Bool = false
    ) -> [UInt8] {
        let payload = pseudowire ? (controlWord ? [0, 0, 0, 1] : []) + ethernet() : datagram
        return ethernetFrame(
            tags: [], typeOrLength: multicast ? 0x8848 : 0x8847, content: labelStack(labels) + payload, trailer: [])
    }

    /// A packet of `LinkType.ethernet` with the datagram in a PPPoE session.
    package func ethernetPPPoE(tags: [VLANTag] = [], trailer: [UInt8] = []) -> [UInt8] {
        let payload = ppp(addressAndControl: false)
        let header: [UInt8] = [0x11, 0, 0, 1] + UInt16(payload.count).bigEndianBytes
        return ethernetFrame(tags: tags, typeOrLength: 0x8864, content: header + payload, trailer: trailer)
    }
}

/// A VLAN tag of an Ethernet frame.
package struct VLANTag: Sendable {
    /// The EtherType that announces it: 0x8100 (802.1Q), 0x88a8 (802.1ad), 0x9100 (older QinQ).
    package var type: UInt16
    /// The priority and the VLAN.
    package var vlan: UInt16

    /// Creates a tag.
    package init(_ vlan: UInt16 = 42, type: UInt16 = 0x8100) {
        self.type = type
        self.vlan = vlan
    }
}
