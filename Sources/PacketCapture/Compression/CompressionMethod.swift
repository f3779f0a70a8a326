/// How a file is compressed, as its first bytes tell.
enum CompressionMethod: String {
    case gzip, zstd, lz4
    case legacyLZ4 = "lz4 (legacy frames)"
    case xz, bzip2

    /// Makes what undoes it; nil where that is not supported.
    func makeDecoder() -> (any StreamDecoder)? {
        switch self {
        case .gzip: GzipDecoder()
        case .zstd: ZstdDecoder()
        case .lz4: LZ4Decoder()
        case .legacyLZ4, .xz, .bzip2: nil
        }
    }
}
