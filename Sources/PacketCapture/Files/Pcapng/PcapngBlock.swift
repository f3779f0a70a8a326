/// What a block of a pcapng file is (draft-ietf-opsawg-pcapng 10.1); any number may come.
struct PcapngBlockType: RawRepresentable, Equatable {
    let rawValue: UInt32

    static let sectionHeader = PcapngBlockType(rawValue: 0x0A0D_0D0A)
    static let interfaceDescription = PcapngBlockType(rawValue: 1)
    /// The packet block that Enhanced Packet Blocks replaced.
    static let obsoletePacket = PcapngBlockType(rawValue: 2)
    static let simplePacket = PcapngBlockType(rawValue: 3)
    static let nameResolution = PcapngBlockType(rawValue: 4)
    static let interfaceStatistics = PcapngBlockType(rawValue: 5)
    static let enhancedPacket = PcapngBlockType(rawValue: 6)
    static let decryptionSecrets = PcapngBlockType(rawValue: 10)

    /// Whether each such block is a packet.
    var isPacket: Bool { self == .enhancedPacket || self == .simplePacket || self == .obsoletePacket }
}

extension PcapngBlockType: CustomStringConvertible {
    /// The specification's name.
    var description: String {
        switch self {
        case .sectionHeader: "section header block"
        case .interfaceDescription: "interface description block"
        case .obsoletePacket: "packet block"
        case .simplePacket: "simple packet block"
        case .nameResolution: "name resolution block"
        case .interfaceStatistics: "interface statistics block"
        case .enhancedPacket: "enhanced packet block"
        case .decryptionSecrets: "decryption secrets block"
        default: "block of type 0x\(String(rawValue, radix: 16))"
        }
    }
}

/// The first eight bytes of a block of a pcapng file.
struct PcapngBlock {
    let type: PcapngBlockType
    /// How long the block says it is.
    let claimedLength: UInt32

    /// How long it is: writers that do not count the padding of its body still write it.
    var length: Int { (Int(claimedLength) &+ 3) & ~3 }

    /// Where an error in it is.
    var place: ReadingError.Place { type.isPacket ? .packet : .betweenPackets }
}
