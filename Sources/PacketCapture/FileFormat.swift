/// What a file's first four bytes tell of it.
enum FileFormat: Equatable {
    case pcap
    case pcapng
    case compressed(CompressionMethod)
    /// A frame of zstd or lz4 that holds no data: the next one tells which of them it is.
    case skippableFrame
    case unknown

    init(magic: [UInt8]) {
        self =
            switch magic {
            case _ where PcapHeader.Magic(magic) != nil: .pcap
            case [0x0A, 0x0D, 0x0D, 0x0A]: .pcapng
            case [0x28, 0xB5, 0x2F, 0xFD]: .compressed(.zstd)
            case [0x04, 0x22, 0x4D, 0x18]: .compressed(.lz4)
            case [0x02, 0x21, 0x4C, 0x18]: .compressed(.legacyLZ4)
            case _ where magic.count == 4 && magic[0] & 0xF0 == 0x50 && magic[1...] == [0x2A, 0x4D, 0x18]:
                .skippableFrame
            case [0xFD, 0x37, 0x7A, 0x58]: .compressed(.xz)
            case _ where magic.starts(with: [0x1F, 0x8B]): .compressed(.gzip)
            case _ where magic.starts(with: [0x42, 0x5A, 0x68]): .compressed(.bzip2)
            default: .unknown
            }
    }
}
