import CZstd

/// Undoes zstd (RFC 8878), frame by frame; skippable frames are passed over.
@safe
final class ZstdDecoder: StreamDecoder {
    private let context: OpaquePointer
    private var pace = BlockPace(headerLength: 5)

    init() {
        guard let context = unsafe ZSTD_createDCtx() else { preconditionFailure("no memory for zstd") }
        unsafe self.context = unsafe context
        // 128 MiB, which is also the library's own bound: larger windows are refused.
        unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 27)
    }

    deinit {
        unsafe ZSTD_freeDCtx(context)
    }

    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep {
        var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: pace.portion(of: input.count), pos: 0)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let hint = unsafe ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(hint) == 0 else {
            let words = unsafe String(cString: ZSTD_getErrorName(hint))
            return DecodingStep(consumed: 0, produced: 0, state: .failed(words))
        }
        return unsafe pace.step(consumed: source.pos, produced: target.pos, room: output.count, hint: hint)
    }
}
