package import WireFormat

/// Writes the bytes of a pcapng file, valid or not.
package struct PcapngBuilder: Sendable {
    /// The fields of an interface description besides its link type.
    package struct Interface: Sendable {
        /// if_name.
        package var name: String?
        /// if_description.
        package var description: String?
        /// if_tsresol: the exponent of its ticks, to base 2 if the top bit is set.
        package var resolution: UInt8?
        /// if_tsoffset, in seconds.
        package var offset: Int64?
        /// The most captured bytes of a packet; 0 for all.
        package var snapLength: UInt32
        /// Whether the list of options has an end marker.
        package var endsOptions: Bool

        /// Creates an interface with the given fields.
        package init(
            name: String? = nil, description: String? = nil, resolution: UInt8? = nil, offset: Int64? = nil,
            snapLength: UInt32 = 262_144, endsOptions: Bool = true
        ) {
            self.name = name
            self.description = description
            self.resolution = resolution
            self.offset = offset
            self.snapLength = snapLength
            self.endsOptions = endsOptions
        }
    }

    /// The file so far.
    package private(set) var bytes: [UInt8] = []
    private var order: ByteOrder

    /// Writes the header of the first section.
    package init(_ order: ByteOrder = .littleEndian, version: (major: UInt16, minor: UInt16) = (1, 0)) {
        self.order = order
        appendSection(order, version: version)
    }

    /// Writes a section header; its interfaces are numbered from 0 again.
    package mutating func appendSection(
        _ order: ByteOrder? = nil, version: (major: UInt16, minor: UInt16) = (1, 0)
    ) {
        self.order = order ?? self.order
        var body: [UInt8] = []
        body.append(UInt32(0x1A2B_3C4D), self.order)
        body.append(version.major, self.order)
        body.append(version.minor, self.order)
        body.append(UInt64.max, self.order)
        appendBlock(0x0A0D_0D0A, body)
    }

    /// Writes an interface: `resolution` is the exponent of its ticks (if_tsresol), `offset` is in seconds
    /// (if_tsoffset).
    package mutating func appendInterface(
        _ linkType: LinkType = .ethernet, resolution: UInt8? = nil, offset: Int64? = nil
    ) {
        appendInterface(linkType, Interface(resolution: resolution, offset: offset))
    }

    /// Writes an interface; `extra` are raw options, written first.
    package mutating func appendInterface(_ linkType: LinkType, _ interface: Interface, extra: [UInt8] = []) {
        var body: [UInt8] = []
        body.append(UInt16(linkType.rawValue), order)
        body.append(UInt16(0), order)
        body.append(interface.snapLength, order)
        body += extra
        if let name = interface.name { body += option(2, Array(name.utf8)) }
        if let description = interface.description { body += option(3, Array(description.utf8)) }
        if let resolution = interface.resolution { body += option(9, [resolution]) }
        if let offset = interface.offset {
            var value: [UInt8] = []
            value.append(offset, order)
            body += option(14, value)
        }
        if interface.endsOptions { body.append(UInt32(0), order) }
        appendBlock(1, body)
    }

    /// The bytes of an option; `claiming` is a length other than that of `value`.
    package func option(_ code: UInt16, _ value: [UInt8], claiming: UInt16? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(code, order)
        bytes.append(claiming ?? UInt16(value.count), order)
        return bytes + value.padded
    }

    /// Writes a packet; its time is in ticks of its interface, or in microseconds by default.
    ///
    /// `options` follow it; `claiming` is a captured length other than that of `packet`.
    package mutating func append(
        _ packet: [UInt8], ticks: UInt64 = 0, interface: UInt32 = 0, originalLength: Int? = nil,
        options: [UInt8] = [], claiming: UInt32? = nil
    ) {
        var body: [UInt8] = []
        body.append(interface, order)
        append(packet, ticks, originalLength, claiming, to: &body)
        appendBlock(6, body + options)
    }

    /// Writes an obsolete Packet Block.
    package mutating func appendObsolete(
        _ packet: [UInt8], ticks: UInt64 = 0, interface: UInt16 = 0, drops: UInt16 = 0, originalLength: Int? = nil
    ) {
        var body: [UInt8] = []
        body.append(interface, order)
        body.append(drops, order)
        append(packet, ticks, originalLength, nil, to: &body)
        appendBlock(2, body)
    }

    /// Writes a Simple Packet Block.
    package mutating func appendSimple(_ packet: [UInt8], originalLength: Int? = nil) {
        var body: [UInt8] = []
        body.append(UInt32(originalLength ?? packet.count), order)
        appendBlock(3, body + packet.padded)
    }

    /// Writes a Decryption Secrets Block; `claiming` is a length other than that of `secrets`.
    package mutating func appendSecrets(
        _ secrets: [UInt8], type: UInt32 = 0x544C_534B, claiming: UInt32? = nil
    ) {
        var body: [UInt8] = []
        body.append(type, order)
        body.append(claiming ?? UInt32(secrets.count), order)
        appendBlock(10, body + secrets.padded)
    }

    /// Writes a block of any type; the caller pads `body` to 4 bytes.
    ///
    /// `claiming` and `trailer` replace the lengths at its start and its end.
    package mutating func appendBlock(
        _ type: UInt32, _ body: [UInt8], claiming: UInt32? = nil, trailer: UInt32? = nil
    ) {
        let length = UInt32(body.count + 12)
        bytes.append(type, order)
        bytes.append(claiming ?? length, order)
        bytes += body
        bytes.append(trailer ?? claiming ?? length, order)
    }

    private func append(
        _ packet: [UInt8], _ ticks: UInt64, _ originalLength: Int?, _ claiming: UInt32?, to body: inout [UInt8]
    ) {
        body.append(UInt32(ticks >> 32), order)
        body.append(UInt32(truncatingIfNeeded: ticks), order)
        body.append(claiming ?? UInt32(packet.count), order)
        body.append(UInt32(originalLength ?? packet.count), order)
        body += packet.padded
    }
}

extension [UInt8] {
    /// These bytes, padded with zeros to a multiple of four.
    fileprivate var padded: [UInt8] { self + [UInt8](repeating: 0, count: -count & 3) }
}
