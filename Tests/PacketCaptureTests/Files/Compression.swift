import CLZ4
import CZlib
import CZstd

/// The ways to compress a capture.
enum Compression: CaseIterable {
    case gzip, zstd, lz4

    /// A member or frame that unpacks to `bytes`.
    func pack(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .gzip: Self.gzip(bytes)
        case .zstd: Self.zstd(bytes)
        case .lz4: Self.lz4(bytes)
        }
    }

    private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        precondition(deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK)
        var input = bytes
        return [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(bytes.count)))) { output, count in
            input.withUnsafeMutableBufferPointer {
                stream.next_in = $0.baseAddress
                stream.avail_in = UInt32($0.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
            }
            count = output.count - Int(stream.avail_out)
            deflateEnd(&stream)
        }
    }

    private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        return [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { output, count in
            count = ZSTD_compress2(context, output.baseAddress, output.count, bytes, bytes.count)
        }
    }

    private static func lz4(_ bytes: [UInt8]) -> [UInt8] {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
        let bound = LZ4F_compressFrameBound(bytes.count, &preferences)
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            count = LZ4F_compressFrame(output.baseAddress, output.count, bytes, bytes.count, &preferences)
        }
    }
}
