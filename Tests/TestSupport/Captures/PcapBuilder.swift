public import WireFormat

/// Writes the bytes of a pcap file, right or wrong.
public struct PcapBuilder: Sendable {
    /// What the file says of itself by its magic number.
    public enum Format: UInt32, CaseIterable, Sendable {
        case microseconds = 0xA1B2_C3D4
        case nanoseconds = 0xA1B2_3C4D
        /// Microseconds, and records headed by 24 bytes.
        case modified = 0xA1B2_CD34
    }

    /// The file so far.
    public private(set) var bytes: [UInt8] = []
    private let order: ByteOrder
    private let format: Format

    /// Writes the file's header.
    public init(
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
    public mutating func append(
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
