import Foundation
package import WireFormat

/// Writes the bytes of a pcap file, valid or not.
package struct PcapBuilder: Sendable {
    /// The variant of the format, as given by the magic number.
    package enum Format: UInt32, CaseIterable, Sendable {
        case microseconds = 0xA1B2_C3D4
        case nanoseconds = 0xA1B2_3C4D
        /// Microseconds, and record headers of 24 bytes.
        case modified = 0xA1B2_CD34
    }

    /// The file so far.
    package private(set) var bytes: [UInt8] = []
    private let order: ByteOrder
    private let format: Format

    /// Writes the file's header.
    package init(
        _ order: ByteOrder = .littleEndian, _ format: Format = .microseconds, linkType: LinkType = .ethernet,
        snapLength: UInt32 = 262_144, version: (major: UInt16, minor: UInt16) = (2, 4)
    ) {
        self.order = order
        self.format = format
        bytes.append(format.rawValue, order)
        bytes.append(version.major, order)
        bytes.append(version.minor, order)
        bytes.append(UInt64(0), order)
        bytes.append(snapLength, order)
        bytes.append(linkType.rawValue, order)
    }

    /// Writes a packet; `claiming` is a captured length other than that of `packet`.
    package mutating func append(
        _ packet: [UInt8], seconds: UInt32 = 0, fraction: UInt32 = 0, originalLength: Int? = nil,
        claiming: UInt32? = nil
    ) {
        bytes.append(seconds, order)
        bytes.append(fraction, order)
        bytes.append(claiming ?? UInt32(packet.count), order)
        bytes.append(UInt32(originalLength ?? packet.count), order)
        if format == .modified {
            bytes.append(UInt64(0), order)
        }
        bytes += packet
    }
}

/// The packets of a pcap file unchanged, for tests that write them in another form.
package struct PcapReader: Sendable {
    /// A packet with its record's fields.
    package struct Record: Sendable {
        /// The seconds of its time.
        package var seconds: UInt32
        /// The microseconds after them.
        package var fraction: UInt32
        /// Its length on the wire, in bytes.
        package var originalLength: Int
        /// The captured part of the packet.
        package var bytes: [UInt8]
    }

    /// The link type in the file's header.
    package let linkType: LinkType
    /// The packets, in order.
    package let records: [Record]

    /// Reads a file; nil unless it is a complete little-endian pcap file with microseconds.
    package init?(_ file: [UInt8]) {
        guard file.count >= 24, Self.integer(file, 0) == 0xA1B2_C3D4 else { return nil }
        linkType = LinkType(rawValue: Self.integer(file, 20))
        var records: [Record] = []
        var position = 24
        while position < file.count {
            guard position + 16 <= file.count else { return nil }
            let end = position + 16 + Int(Self.integer(file, position + 8))
            guard end <= file.count else { return nil }
            records.append(
                Record(
                    seconds: Self.integer(file, position), fraction: Self.integer(file, position + 4),
                    originalLength: Int(Self.integer(file, position + 12)), bytes: Array(file[position + 16..<end])))
            position = end
        }
        self.records = records
    }

    private static func integer(_ file: [UInt8], _ position: Int) -> UInt32 {
        file[position..<position + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// A pcap file of some of the packets.
    package func pcap(_ range: Range<Int>) -> [UInt8] {
        var builder = PcapBuilder(linkType: linkType)
        for record in records[range] {
            builder.append(
                record.bytes, seconds: record.seconds, fraction: record.fraction, originalLength: record.originalLength)
        }
        return builder.bytes
    }

    /// The same packets as a pcapng file.
    package func pcapng(_ order: ByteOrder) -> [UInt8] {
        var builder = PcapngBuilder(order)
        builder.appendInterface(linkType)
        for record in records {
            builder.append(
                record.bytes, ticks: UInt64(record.seconds) * 1_000_000 + UInt64(record.fraction),
                originalLength: record.originalLength)
        }
        return builder.bytes
    }
}

/// The byte order of the integers in a capture file.
package enum ByteOrder: CaseIterable, Sendable {
    case littleEndian, bigEndian
}

extension [UInt8] {
    /// Appends the bytes of `value` in `order`.
    mutating func append<Value: FixedWidthInteger>(_ value: Value, _ order: ByteOrder) {
        let stored = order == .bigEndian ? value.bigEndian : value.littleEndian
        Swift.withUnsafeBytes(of: stored) { append(contentsOf: $0) }
    }
}
