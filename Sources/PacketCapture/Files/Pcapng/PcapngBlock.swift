/// The type of a pcapng block (draft-ietf-opsawg-pcapng 10.1); any number is possible.
struct PcapngBlockType: RawRepresentable, Equatable {
    let rawValue: UInt32

    static let sectionHeader = PcapngBlockType(rawValue: 0x0A0D_0D0A)
    static let interfaceDescription = PcapngBlockType(rawValue: 1)
    /// The Packet Block, superseded by the Enhanced Packet Block.
    static let obsoletePacket = PcapngBlockType(rawValue: 2)
    static let simplePacket = PcapngBlockType(rawValue: 3)
    static let nameResolution = PcapngBlockType(rawValue: 4)
    static let interfaceStatistics = PcapngBlockType(rawValue: 5)
    static let enhancedPacket = PcapngBlockType(rawValue: 6)
    static let decryptionSecrets = PcapngBlockType(rawValue: 10)

    /// Whether such blocks hold a packet.
    var isPacket: Bool { self == .enhancedPacket || self == .simplePacket || self == .obsoletePacket }
}

extension PcapngBlockType: CustomStringConvertible {
    /// Its name in the specification.
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

/// The first eight bytes of a pcapng block.
struct PcapngBlock {
    let type: PcapngBlockType
    /// The block's length field.
    let claimedLength: UInt32

    /// The block's actual length: writers that leave the body's padding out of the length field still write it.
    var length: Int { (Int(claimedLength) &+ 3) & ~3 }

    /// Where errors in the block are reported.
    var place: ReadingError.Place { type.isPacket ? .packet : .betweenPackets }

    /// The error for a block at the start of `input` that is too short for its type.
    func tooShort(in input: borrowing ReadBuffer) -> ReadingError {
        .damaged(place, at: input.offset, "the \(type) claims length \(claimedLength)")
    }
}
