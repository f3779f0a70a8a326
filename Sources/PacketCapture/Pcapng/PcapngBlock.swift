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
