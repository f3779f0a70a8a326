import CLZ4

/// Undoes lz4's frame format, frame by frame; skippable frames are passed over.
@safe
final class LZ4Decoder: StreamDecoder {
    private let context: OpaquePointer
    private var pace = BlockPace(headerLength: 7)

    init() {
        var context: OpaquePointer?
        let status = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let context = unsafe context else {
            preconditionFailure("no memory for lz4")
        }
        unsafe self.context = unsafe context
    }

    deinit {
        unsafe LZ4F_freeDecompressionContext(context)
    }

    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep {
        var consumed = pace.portion(of: input.count)
        var produced = output.count
        let hint = unsafe LZ4F_decompress(
            context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
        guard LZ4F_isError(hint) == 0 else {
            let words = unsafe String(cString: LZ4F_getErrorName(hint))
            return DecodingStep(consumed: 0, produced: 0, state: .failed(words))
        }
        return pace.step(consumed: consumed, produced: produced, room: output.count, hint: hint)
    }
}
