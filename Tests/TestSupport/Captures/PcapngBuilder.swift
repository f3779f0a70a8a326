public import WireFormat

/// Writes the bytes of a pcapng file.
public struct PcapngBuilder: Sendable {
    /// The file so far.
    public private(set) var bytes: [UInt8] = []
    private let order: ByteOrder

    /// Writes the header of the first section.
    public init(_ order: ByteOrder = .littleEndian) {
        self.order = order
        appendSection()
    }

    /// Writes a section header; its interfaces are numbered from 0 again.
    public mutating func appendSection() {
        var body: [UInt8] = []
        body.append(UInt32(0x1A2B_3C4D), order)
        body.append(UInt16(1), order)
        body.append(UInt16(0), order)
        body.append(UInt64.max, order)
        appendBlock(0x0A0D_0D0A, body)
    }

    /// Writes an interface: `resolution` is the exponent of its ticks (if_tsresol), `offset` is in seconds
    /// (if_tsoffset).
    public mutating func appendInterface(
        _ linkType: LinkType = .ethernet, resolution: UInt8? = nil, offset: Int64? = nil
    ) {
        var body: [UInt8] = []
        body.append(UInt16(linkType.rawValue), order)
        body.append(UInt16(0), order)
        body.append(UInt32(262_144), order)
        if let resolution {
            body.append(UInt16(9), order)
            body.append(UInt16(1), order)
            body += [resolution, 0, 0, 0]
        }
        if let offset {
            body.append(UInt16(14), order)
            body.append(UInt16(8), order)
            body.append(offset, order)
        }
        body.append(UInt32(0), order)
        appendBlock(1, body)
    }

    /// Writes a packet; its time is in ticks of its interface, microseconds where that says nothing else.
    public mutating func append(
        _ packet: [UInt8], ticks: UInt64 = 0, interface: UInt32 = 0, originalLength: Int? = nil
    ) {
        var body: [UInt8] = []
        body.append(interface, order)
        body.append(UInt32(ticks >> 32), order)
        body.append(UInt32(truncatingIfNeeded: ticks), order)
        body.append(UInt32(packet.count), order)
        body.append(UInt32(originalLength ?? packet.count), order)
        body += packet
        body += [UInt8](repeating: 0, count: -packet.count & 3)
        appendBlock(6, body)
    }

    /// Writes a block of any type; `body` is padded to 4 bytes by the caller.
    public mutating func appendBlock(_ type: UInt32, _ body: [UInt8]) {
        let length = UInt32(body.count + 12)
        bytes.append(type, order)
        bytes.append(length, order)
        bytes += body
        bytes.append(length, order)
    }
}
