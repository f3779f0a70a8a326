/// What a file's first four bytes tell of it.
enum FileFormat: Equatable {
    /// pcap, with records headed by 16 bytes.
    case pcap
    /// pcap as a patched libpcap of the 1990s wrote it, with records headed by 24 bytes.
    case modifiedPcap
    case pcapng
    case compressed(String)
    case unknown

    init(magic: [UInt8]) {
        self =
            switch magic {
            case [0xA1, 0xB2, 0xC3, 0xD4], [0xD4, 0xC3, 0xB2, 0xA1],
                [0xA1, 0xB2, 0x3C, 0x4D], [0x4D, 0x3C, 0xB2, 0xA1]:
                .pcap
            case [0xA1, 0xB2, 0xCD, 0x34], [0x34, 0xCD, 0xB2, 0xA1]: .modifiedPcap
            case [0x0A, 0x0D, 0x0D, 0x0A]: .pcapng
            case [0x28, 0xB5, 0x2F, 0xFD]: .compressed("zstd")
            case [0x04, 0x22, 0x4D, 0x18]: .compressed("lz4")
            case [0xFD, 0x37, 0x7A, 0x58]: .compressed("xz")
            case _ where magic.starts(with: [0x1F, 0x8B]): .compressed("gzip")
            case _ where magic.starts(with: [0x42, 0x5A, 0x68]): .compressed("bzip2")
            default: .unknown
            }
    }

    /// How many bytes stand before a packet's own, where every packet has the same and only packets are in the file.
    var recordHeaderSize: UInt64? {
        switch self {
        case .pcap: 16
        case .modifiedPcap: 24
        case .pcapng, .compressed, .unknown: nil
        }
    }
}
