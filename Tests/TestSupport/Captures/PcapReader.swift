import Foundation
public import WireFormat

/// The packets of a pcap file as it stands, for tests that write them down in another way.
public struct PcapReader: Sendable {
    /// A packet with its record's fields.
    public struct Record: Sendable {
        /// The seconds of its time.
        public var seconds: UInt32
        /// The microseconds behind them.
        public var fraction: UInt32
        /// How long it was on the wire.
        public var originalLength: Int
        /// The packet, as far as captured.
        public var bytes: [UInt8]
    }

    /// The link type in the file's header.
    public let linkType: LinkType
    /// The packets, in order.
    public let records: [Record]

    /// Reads a file; nil where it is no whole little-endian pcap file with microseconds.
    public init?(_ file: [UInt8]) {
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
    public func pcap(_ range: Range<Int>) -> [UInt8] {
        var builder = PcapBuilder(linkType: linkType)
        for record in records[range] {
            builder.append(
                record.bytes, seconds: record.seconds, fraction: record.fraction, originalLength: record.originalLength)
        }
        return builder.bytes
    }

    /// The same packets as a pcapng file.
    public func pcapng(_ order: ByteOrder) -> [UInt8] {
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
